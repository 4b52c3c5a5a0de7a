"""Import a package without the optional ones that it looks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Let what is imported within find these packages missing, as if they were not installed.

    For what a library imports only because it is there, and we never use: each takes memory in every
    process.  A package that was imported before stays visible.
    """
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in packages if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None makes the import raise ModuleNotFoundError
    try:
        yield
    finally:
        for name in hidden:
            modules.pop(name)
