"""What the actors of one city share."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import aiohttp
import msgspec

from supportcarr_lab.simulator.accounts import Accounts
from supportcarr_lab.simulator.city_time import CityTime
from supportcarr_lab.simulator.client import ApiClient
from supportcarr_lab.simulator.demand import RecordedRequest
from supportcarr_lab.simulator.http_stats import HttpStats

if TYPE_CHECKING:
    from supportcarr_lab.simulator.rider import Rider

T = TypeVar("T")
OPERATOR_ADDRESS = "10.255.0.1"
log = logging.getLogger("supportcarr_lab.simulator")


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """The account that approves drivers."""

    phone: str
    password: str


class CityOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a city is made of; JSON, so that it can be handed to a process of its own.

    *seconds* is wall time from when all are signed in (``None``: until it is told to stop); *demand*
    a CSV of recorded demand; *data* the folder of what is kept between two starts.
    """

    base_url: str
    realtime_url: str
    operator: Operator
    riders: int
    drivers: int
    data: Path
    seed: int = 1
    seconds: float | None = None
    demand: Path | None = None
    finish_city_minutes: float = 120.0  # what is live may finish for at most that long
    quiet_seconds: float = 6.0  # wall; how long nothing may come before the sockets close
    quiet_patience_seconds: float = 60.0  # wall; how long that is waited for


class SimulationContext:
    """Shared state; the actors know each other through it and talk only where people would."""

    def __init__(
        self, options: CityOptions, http: aiohttp.ClientSession, time: CityTime, accounts: Accounts
    ) -> None:
        self.options, self.http, self.time, self.accounts = options, http, time, accounts
        self.http_stats = HttpStats()
        self.keep_journals = options.seconds is not None
        self.closing = asyncio.Event()  # no new requests
        self.recorded_requests: asyncio.Queue[tuple[int, RecordedRequest]] | None = None
        self.riders_by_id: dict[str, Rider] = {}
        self.requested = 0
        self.notes: Counter[str] = Counter()
        self.operator = ApiClient(http, options.base_url, address=OPERATOR_ADDRESS, stats=self.http_stats)
        self._approving = asyncio.Lock()

    def note(self, text: str) -> None:
        """Something odd that an actor lived with; the first of each kind is logged."""
        if text not in self.notes and len(self.notes) < 200:
            log.info("%s", text)
        if len(self.notes) < 200 or text in self.notes:
            self.notes[text] += 1

    async def approve(self, driver_id: str) -> None:
        """What the demo's admin does for each new driver."""
        async with self._approving:
            if self.operator.tokens is None:
                who = self.options.operator
                body = {"phone": who.phone, "password": who.password}
                self.operator.use_session(
                    await self.operator.request("POST", "/auth/sign-in", body, authenticated=False)
                )
        await self.operator.post(f"/admin/drivers/{driver_id}/approval")

    async def unless_closing(self, wish: Awaitable[T]) -> T | None:
        """The result, or ``None`` if the city closes first."""
        task = asyncio.ensure_future(wish)
        closing = asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait((task, closing), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            closing.cancel()
