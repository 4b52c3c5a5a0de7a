"""What a running city tells the process that started it."""

from __future__ import annotations

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a run; *phase* is signing_in, running, finishing, draining or done."""

    phase: str
    drivers_online: int = 0
    riders_ready: int = 0
    requested: int = 0
    live: int = 0
    visitors_ready: bool = False  # their accounts can be signed in to
