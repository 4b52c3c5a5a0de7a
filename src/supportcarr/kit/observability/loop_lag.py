"""How late the event loop runs what is due: everything in the process is at least that late."""

from __future__ import annotations

import asyncio

from supportcarr.kit.observability.timings import Timings

EVERY_S = 0.25


async def measure_loop_lag(lag: Timings) -> None:
    """Sleep again and again, and record by how much each sleep was too long; runs until it is cancelled."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + EVERY_S
        await asyncio.sleep(EVERY_S)
        lag.observe(max(0.0, clock() - due))
