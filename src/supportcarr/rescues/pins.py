"""Start PINs."""

from __future__ import annotations

import secrets


def random_pin() -> str:
    """Four random digits."""
    return f"{secrets.randbelow(10_000):04}"
