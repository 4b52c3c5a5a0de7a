"""Where the signed heads of the audit log are kept."""

from __future__ import annotations

from pathlib import Path

from supportcarr.audit.ports import HeadAnchor
from supportcarr.bootstrap.settings import Settings
from supportcarr.providers.audit_anchors import FileAnchor, LogAnchor

FILE = "audit-anchors.jsonl"


def anchor_file(settings: Settings) -> Path | None:
    """The file of the anchors; ``None``: they are lines of the log."""
    if settings.audit.anchor_file:
        return Path(settings.audit.anchor_file)
    if settings.deployment.profile == "local":
        return Path(settings.deployment.data) / FILE
    return None


def anchor_of(settings: Settings) -> HeadAnchor:
    """The adapter that the settings name."""
    file = anchor_file(settings)
    return FileAnchor(file) if file else LogAnchor()
