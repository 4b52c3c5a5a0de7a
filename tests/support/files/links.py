"""Responses of two moments, compared."""

from __future__ import annotations

from typing import Any


def without_links(value: Any) -> Any:
    """A response's value without the signatures of its links to files, which change in time."""
    if isinstance(value, dict):
        return {name: without_links(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_links(part) for part in value]
    return value.partition("?link=")[0] if isinstance(value, str) else value
