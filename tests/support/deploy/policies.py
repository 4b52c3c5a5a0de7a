"""Findings of a tool against the exceptions that a file gives reasons for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path


def unreasoned(file: Path, tool: str, findings: Iterable[tuple[str, str, str]]) -> list[str]:
    """Findings (rule, name, text) without an exception, and exceptions without a finding.

    The key of an exception is a rule and the beginning of a name, or ``*`` for all of that rule.
    """
    allowed: dict[str, str] = tomllib.loads(file.read_text())[tool]
    used: set[str] = set()
    complaints = []
    for rule, name, text in findings:
        for key in allowed:
            excused, _, beginning = key.partition(" ")
            if excused == rule and (beginning == "*" or name.startswith(beginning)):
                used.add(key)
                break
        else:
            complaints.append(f"{rule} {name}: {text}")
    return complaints + [f"nothing needs the exception {key} any more" for key in allowed if key not in used]
