"""Where the signed heads of the audit log are kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from supportcarr.audit.ports import HeadAnchor
from supportcarr.bootstrap.settings import Settings
from supportcarr.providers.audit_anchors import FileAnchor, LogAnchor, S3Anchor
from supportcarr.providers.s3 import S3Objects

FILE = "audit-anchors.jsonl"


def anchor_file(settings: Settings) -> Path | None:
    """The file of the anchors; ``None``: they are in S3, or lines of the log."""
    if settings.audit.anchor_file:
        return Path(settings.audit.anchor_file)
    if settings.deployment.profile == "local" and not settings.audit.anchor_bucket:
        return Path(settings.deployment.data) / FILE
    return None


def s3_anchor(settings: Settings) -> S3Anchor | None:
    """The anchors in S3, if the settings name their bucket."""
    bucket = settings.audit.anchor_bucket
    if not bucket:
        return None
    kept = timedelta(days=settings.privacy.audit_days)
    return S3Anchor(S3Objects(replace(settings.s3, bucket=bucket)), kept=kept)


def anchor_of(settings: Settings) -> HeadAnchor:
    """The adapter that the settings name: the bucket first."""
    anchor: HeadAnchor | None = s3_anchor(settings)
    if anchor is not None:
        return anchor
    file = anchor_file(settings)
    return FileAnchor(file) if file else LogAnchor()
