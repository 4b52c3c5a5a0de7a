"""Sends the positions of all trucks in one loop: one task per truck would cost more than the sending."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from supportcarr_lab.simulator.city_time import CityTime
from supportcarr_lab.simulator.client import RequestFailed
from supportcarr_lab.simulator.driver import Driver

MAX_INTERVAL_S, MIN_INTERVAL_S = 4.0, 0.2  # wall, between two positions of one truck
INTERVAL_CITY_S = 12.0  # a position is fresh for 30 city seconds, so one may be lost
MIN_GROUP_INTERVAL_S = 0.02


def report_interval_s(speed: float) -> float:
    """Wall seconds between two positions of a truck."""
    return min(MAX_INTERVAL_S, max(MIN_INTERVAL_S, INTERVAL_CITY_S / speed))


class PositionReporter:
    """Sends each online truck's position in turn, spread evenly over the interval."""

    def __init__(self, drivers: Sequence[Driver], time: CityTime) -> None:
        self._drivers, self._time = drivers, time
        self._posting: dict[int, asyncio.Task[None]] = {}
        self.sent = 0
        self.errors: Counter[str] = Counter()

    async def run(self) -> None:
        """Report for ever."""
        interval = report_interval_s(self._time.speed)
        groups = max(1, min(len(self._drivers), math.floor(interval / MIN_GROUP_INTERVAL_S)))
        loop = asyncio.get_running_loop()
        group, due = 0, loop.time()
        while True:
            for driver in self._drivers[group::groups]:
                if driver.reports_positions:
                    await self._send(driver)
            group = (group + 1) % groups
            # After a stall the missed turns are skipped instead of sent in a burst.
            due = max(due + interval / groups, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _send(self, driver: Driver) -> None:
        position = driver.position_report(self._time.now())
        self.sent += 1
        if driver.realtime.connected:
            await driver.realtime.emit_position(position, self._count_error)
        elif (last := self._posting.get(driver.index)) is None or last.done():
            self._posting[driver.index] = asyncio.create_task(self._post(driver, position))

    def _count_error(self, acknowledgement: Any = None) -> None:
        if isinstance(acknowledgement, dict) and "error" in acknowledgement:
            self.errors[str(acknowledgement["error"])] += 1

    async def _post(self, driver: Driver, position: dict[str, Any]) -> None:
        """Report by HTTP while there is no socket.  No retry: the next position replaces this one."""
        try:
            await driver.api.post("/me/positions", position, retry_for_s=0)
        except RequestFailed as error:
            self.errors[type(error).__name__] += 1
