"""The context that all simulated people of one city share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiohttp
import msgspec
import structlog

from supportcarr_lab.simulator.accounts import Accounts
from supportcarr_lab.simulator.city_time import CityTime
from supportcarr_lab.simulator.client import ApiClient
from supportcarr_lab.simulator.demand import RecordedRequest
from supportcarr_lab.simulator.http_stats import HttpStats
from supportcarr_lab.simulator.operator_sign_in import Operator, sign_in_operator

T = TypeVar("T")
OPERATOR_ADDRESS = "10.255.0.1"
log = structlog.get_logger(__name__)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """An account that the demo makes for the person who looks at it."""

    phone: str
    password: str
    name: str


class Visitors(msgspec.Struct, frozen=True, kw_only=True):
    """The visitor's accounts."""

    rider: Visitor
    driver: Visitor


class CityOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a city, passed as JSON to the process that runs it.

    *seconds* is wall time after everyone has signed in (``None``: until SIGTERM); *demand* is a CSV file
    of recorded requests; *data* is the folder for what is kept between two runs.
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
    photo_share: float = 0.0  # of rescues of which people take photos
    applicants: int = 0  # drivers who apply while the city runs
    visitors: Visitors | None = None
    finish_city_minutes: float = 120.0  # time for open rescues to end
    quiet_seconds: float = 6.0  # wall; without events for that long, the sockets are closed
    quiet_timeout_seconds: float = 60.0  # wall; after which they are closed anyway


class RiderAtPickup(Protocol):
    """What a driver can ask of the rider in front of them.  Implemented by ``rider.Rider``."""

    async def say_pin(self, rescue_id: str) -> str | None:
        """The PIN; ``None`` if the rider is not there."""

    async def confirm_fix(self, rescue_id: str) -> None:
        """Agree to the price for which the driver says that the bike is fixed."""


class VisitingRider(Protocol):
    """The visitor's account as a rider.  Implemented by ``visitors.VisitingRider``."""

    @property
    def user_id(self) -> str:
        """The id of the account."""

    async def has(self, rescue_id: str) -> bool:
        """Whether it is the visitor's rescue."""


class SimulationContext:
    """Shared state of one city.  People use it only for what real people could exchange face to face."""

    def __init__(
        self, options: CityOptions, http: aiohttp.ClientSession, time: CityTime, accounts: Accounts
    ) -> None:
        self.options, self.http, self.time, self.accounts = options, http, time, accounts
        self.http_stats = HttpStats()
        self.keep_journals = options.seconds is not None
        self.closing = asyncio.Event()  # no new requests
        self.recorded_requests: asyncio.Queue[tuple[int, RecordedRequest]] | None = None
        self.riders_by_id: dict[str, RiderAtPickup] = {}
        self.simulated_drivers: set[str] = set()  # user ids
        self.visiting_rider: VisitingRider | None = None
        self.applicants: dict[str, object] = {}  # by user id
        self.errands: set[asyncio.Task[None]] = set()  # what people do beside their rescues
        self.requested = 0
        self.notes: Counter[str] = Counter()
        self.operator = ApiClient(http, options.base_url, address=OPERATOR_ADDRESS, stats=self.http_stats)
        self._approving = asyncio.Lock()

    def note(self, text: str) -> None:
        """Count something unexpected that did not stop a person; the first of each kind is logged."""
        if text not in self.notes and len(self.notes) < 200:
            log.debug("unexpected_response", text=text)
        if len(self.notes) < 200 or text in self.notes:
            self.notes[text] += 1

    async def approve(self, driver_id: str) -> None:
        """Approve a new driver, as the demo's admin."""
        operator = await self.signed_in_operator()
        approval = {"reason": "Documents checked", "override_reason": "Known to the company"}
        await operator.post(f"/admin/drivers/{driver_id}/approval", approval)

    async def signed_in_operator(self) -> ApiClient:
        """The client of the demo's admin, who signs in with a second factor on first use."""
        async with self._approving:
            if self.operator.tokens is None:
                await sign_in_operator(self.operator, self.options.operator)
        return self.operator

    def start_errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Let somebody do something beside what they are doing; the city waits for it at its end."""
        task = asyncio.create_task(work)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    async def unless_closing(self, work: Awaitable[T]) -> T | None:
        """The result of *work*, or ``None`` if the city closes first."""
        task = asyncio.ensure_future(work)
        closing = asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait((task, closing), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            closing.cancel()
