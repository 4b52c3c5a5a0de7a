"""The scenario ``whole-rescue``: rescues from the quote to the captured payment, on a whole platform.

CPU is that of all its processes and its Redis, from the first request until the platform is idle again, so
that what follows a rescue counts, too.  The emulators and the load generator (this process) are shown apart.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from rig import cpu
from rig.measure import cpu_seconds, quantile
from rig.rescue_people import PAIRS, People, city_time
from rig.whole_platform import WholePlatform, used_between

_IDLE_OVER_S = 4.0
_POLL_S = 0.5
_QUIET_WITHIN_S = 30.0
# Cores above the idle platform; in half a second the clock of processes (10 ms) shows no less than 0.02.
_QUIET_ABOVE_IDLE = 0.05


@dataclass(slots=True)
class Rescues:
    """Runs rescues on one platform.  *idle*: the cores that it uses when nobody asks for anything."""

    platform: WholePlatform
    people: People
    idle: float

    async def run(self, count: int) -> dict[str, Any]:
        """The figures of *count* rescues, ``PAIRS`` at once.  CPU is milliseconds per rescue."""
        await self.people.go_online()
        await self._until_quiet()
        processes = self.platform.processes()
        declined, problems = self.people.declined, sum(self.people.stats.problems.values())
        before, generator = self.platform.cpu(processes), cpu_seconds()
        began, foreign = time.monotonic(), -(cpu.taken_from_all() - cpu.of_this_and_its_ended_children())
        took = sorted(await self.people.rescues(count))
        elapsed = time.monotonic() - began
        quiet = await self._until_quiet()
        after = self.platform.cpu(processes)
        window = time.monotonic() - began
        foreign += cpu.taken_from_all() - cpu.of_this_and_its_ended_children()
        used = used_between(before, after)
        foreign -= sum(used.platform.values()) + sum(used.apart.values())
        return {
            "rescues": count,
            "per_second": count / elapsed,
            "p50_s": quantile(took, 0.5),
            "p95_s": quantile(took, 0.95),
            "cpu_ms": sum(used.platform.values()) / count * 1000,
            "cpu_ms_by_role": {role: spent / count * 1000 for role, spent in used.platform.items()},
            "emulators_ms": sum(used.apart.values()) / count * 1000,
            "generator_ms": (cpu_seconds() - generator) / count * 1000,
            "window_s": window,
            "quiet": quiet,
            "declined": self.people.declined - declined,
            "problems": sum(self.people.stats.problems.values()) - problems,
            "others": max(0.0, foreign / window / (os.cpu_count() or 1)),
        }

    async def _until_quiet(self) -> bool:
        """Wait until the platform has nothing left to do.  False if it does not become idle."""
        deadline = time.monotonic() + _QUIET_WITHIN_S
        while time.monotonic() < deadline:
            if await _cores_used(self.platform, 2 * _POLL_S) <= self.idle + _QUIET_ABOVE_IDLE:
                return True
        return False


async def _cores_used(platform: WholePlatform, seconds: float) -> float:
    """The cores that the platform and the emulators use now."""
    processes = platform.processes()
    before, began = platform.cpu(processes).total(), time.monotonic()
    await asyncio.sleep(seconds)
    return (platform.cpu(processes).total() - before) / (time.monotonic() - began)


@asynccontextmanager
async def rescues_on(platform: WholePlatform, pairs: int = PAIRS) -> AsyncIterator[Rescues]:
    """Sign the people up, connect their apps, and read what the idle platform uses."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        people = People(http, platform, await city_time(http, platform), pairs)
        try:
            await people.prepare()
            await asyncio.sleep(_IDLE_OVER_S)
            yield Rescues(platform, people, await _cores_used(platform, _IDLE_OVER_S))
        finally:
            await people.close()


def median(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The median of each figure over the runs, with the runs themselves."""
    figures = ("per_second", "p50_s", "p95_s", "cpu_ms", "emulators_ms", "generator_ms", "window_s", "others")
    row: dict[str, Any] = {
        figure: round(statistics.median(run[figure] for run in runs), 3) for figure in figures
    }
    row["cpu_ms_by_role"] = {
        role: round(statistics.median(run["cpu_ms_by_role"].get(role, 0.0) for run in runs), 2)
        for role in runs[0]["cpu_ms_by_role"]
    }
    row["rescues"] = sum(run["rescues"] for run in runs)
    row["declined"] = sum(run["declined"] for run in runs)
    row["problems"] = sum(run["problems"] for run in runs)
    row["quiet"] = all(run["quiet"] for run in runs)
    return row | {"runs": list(runs)}
