"""Runs a city: everyone signs in, lives, finishes what is live, and hears the last event."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec

from supportcarr_lab.simulator.accounts import Accounts
from supportcarr_lab.simulator.city_time import CityTime, parse_time
from supportcarr_lab.simulator.client import ApiClient, RequestFailed
from supportcarr_lab.simulator.context import OPERATOR_ADDRESS, CityOptions, SimulationContext
from supportcarr_lab.simulator.demand import RecordedRequest, read_recorded_demand
from supportcarr_lab.simulator.driver import Driver
from supportcarr_lab.simulator.http_stats import HttpStats, HttpSummary
from supportcarr_lab.simulator.journal import JournalRecord
from supportcarr_lab.simulator.person import Person
from supportcarr_lab.simulator.position_reporter import PositionReporter
from supportcarr_lab.simulator.rider import Rider

MAX_CONCURRENT_SIGN_INS = 8  # sign-ins under way; a new account costs the server a quarter second of CPU
SAVE_EVERY_TICKS = 2  # heartbeats of a second
STARTUP_TIMEOUT_S = 60.0  # wall; how long the platform is waited for at the start
SETTLEMENT_TIMEOUT_S = 30  # wall seconds; how long the last payments are waited for
CLOCK_SYNC_INTERVAL_S = 20.0  # between two looks at the city's clock
RETRY_DELAY_S = 3.0  # before somebody who could not get ready tries again
T = TypeVar("T")
log = logging.getLogger("supportcarr_lab.simulator")


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the city is; *phase* is signing_in, living, finishing, listening or done."""

    phase: str
    drivers_online: int = 0
    riders_ready: int = 0
    requested: int = 0
    live: int = 0


class CityOutcome(msgspec.Struct, kw_only=True):
    """What the city's clients did and saw.  Times are city time, seconds since the Unix epoch."""

    seconds: float  # wall, from when all were signed in until no one asked any more
    began_at: float  # before the first sign-in
    closed_at: float  # the sockets closed
    http: HttpSummary
    journals: list[JournalRecord]
    still_live: int  # rescues that did not end in the time for finishing
    caught_up: bool  # every client was up to its heads when the sockets closed
    crashed: list[str] = []  # actors that died of a fault of the simulator
    problems: dict[str, int] = {}  # answers from 400 on and lost requests, counted
    notes: dict[str, int] = {}
    positions: dict[str, int] = {}

    def write(self, path: Path) -> None:
        path.write_bytes(msgspec.json.encode(self))

    @classmethod
    def read(cls, path: Path) -> CityOutcome:
        return msgspec.json.decode(path.read_bytes(), type=cls)


async def run_city(
    options: CityOptions,
    progress: Callable[[Progress], None] = lambda progress: None,
    stop: asyncio.Event | None = None,
) -> CityOutcome:
    """Run a city against a running platform until its time is over, or *stop* is set.

    After *stop* nothing is finished: sessions and places are kept, sockets closed.
    Raises ``ApiError`` if the platform cannot be reached, ``DemandError`` for a wrong demand file,
    ``ValueError`` for a damaged sessions file.
    """
    rows = read_recorded_demand(options.demand) if options.demand else None
    accounts = Accounts(options.data)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        context = SimulationContext(options, http, CityTime(*await _first_look(http, options)), accounts)
        return await _City(context, progress, stop or asyncio.Event()).run(rows)


async def _first_look(http: aiohttp.ClientSession, options: CityOptions) -> tuple[float, float, float]:
    """The clock of a platform that may be starting yet."""
    until = time.monotonic() + STARTUP_TIMEOUT_S
    while True:
        try:
            return await _read_clock(http, options)
        except RequestFailed:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(RETRY_DELAY_S / 10)


async def _read_clock(http: aiohttp.ClientSession, options: CityOptions) -> tuple[float, float, float]:
    """(city time, the wall time here at which it was that, city seconds a wall second)."""
    api = ApiClient(http, options.base_url, address=OPERATOR_ADDRESS, stats=HttpStats())
    before = time.time()
    clock = await api.request("GET", "/clock", retry_for_s=0)  # tries would stretch what lies between
    after = time.time()
    wall = parse_time(clock["wall_time"])
    if not before <= wall <= after:  # another machine's clock: the middle is the best guess
        wall = (before + after) / 2
    return parse_time(clock["city_time"]), wall, clock["speed"]


class _City:
    """One run."""

    def __init__(
        self, context: SimulationContext, progress: Callable[[Progress], None], stop: asyncio.Event
    ) -> None:
        self._context, self._progress, self._stop = context, progress, stop
        options, accounts = context.options, context.accounts
        self._drivers = [Driver(context, accounts.account("driver", i)) for i in range(options.drivers)]
        self._riders = [Rider(context, accounts.account("rider", i)) for i in range(options.riders)]
        self._people: list[Person] = [*self._drivers, *self._riders]
        self._lives: dict[Person, asyncio.Task[None]] = {}
        self._phase = "signing_in"
        self._crashed: list[str] = []
        self._traffic = PositionReporter(self._drivers, context.time)

    async def run(self, rows: list[RecordedRequest] | None) -> CityOutcome:
        context = self._context
        began = context.time.now()
        if rows is not None:
            context.recorded_requests = asyncio.Queue()
        helpers = [
            asyncio.create_task(work) for work in (self._heartbeat(), self._keep_time(), self._traffic.run())
        ]
        lived, quiet = 0.0, False
        try:
            if await self._unless_stopped(self._all_get_ready()):
                self._phase, started = "living", time.monotonic()
                if rows is not None:
                    helpers.append(asyncio.create_task(self._replay(rows)))
                await self._unless_stopped(_pass(context.options.seconds))
                lived = time.monotonic() - started
            context.closing.set()
            self._phase = "finishing"
            await self._unless_stopped(self._finish())
            self._phase = "listening"
            quiet = bool(await self._unless_stopped(self._listen()))
        finally:
            closed = context.time.now()
            await _cancel([*helpers, *self._lives.values()])
            await asyncio.gather(*(person.realtime.close() for person in self._people if person.ready))
            self._remember_places()
            context.accounts.save()
        self._phase = "done"
        self._report_progress()
        return CityOutcome(
            seconds=lived,
            began_at=began,
            closed_at=closed,
            http=context.http_stats.summary(),
            journals=[person.journal.record for person in self._people if person.user_id],
            still_live=self._still_live(),
            caught_up=quiet,
            crashed=self._crashed,
            problems=dict(context.http_stats.problems),
            notes=dict(context.notes),
            positions={"sent": self._traffic.sent, **self._traffic.errors},
        )

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The work's result, or ``None`` when the city is told to stop."""
        task, stopped = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancel([task, stopped])

    # --- signing in ---------------------------------------------------------------------------

    async def _all_get_ready(self) -> bool:
        """Drivers first: the sooner trucks move, the sooner there is something to see."""
        turn = asyncio.Semaphore(MAX_CONCURRENT_SIGN_INS)
        async with asyncio.TaskGroup() as group:
            for person in self._people:
                group.create_task(self._get_ready(person, turn))
        return True

    async def _get_ready(self, person: Person, turn: asyncio.Semaphore) -> None:
        while True:
            try:
                async with turn:
                    await person.prepare()
                break
            except RequestFailed as error:
                log.warning("%s cannot get ready: %s", person.account.role, error)
                await person.abandon_preparation()
                await asyncio.sleep(RETRY_DELAY_S)
        person.ready = True
        if isinstance(person, Rider):
            self._context.riders_by_id[person.user_id] = person
        self._lives[person] = asyncio.create_task(self._live(person))

    async def _live(self, person: Person) -> None:
        """A fault of the simulator must not end the city; it is told in the outcome."""
        while True:
            try:
                return await person.run()
            except Exception as error:
                log.exception("%s %s broke down", person.account.role, person.index)
                self._crashed.append(f"{person.account.role} {person.index}: {error!r}")
                await asyncio.sleep(1)

    # --- living -------------------------------------------------------------------------------

    async def _replay(self, rows: list[RecordedRequest]) -> None:
        """Hand each row, at its time, to the rider who has waited longest."""
        context, start = self._context, self._context.time.now()
        assert context.recorded_requests is not None
        for count, row in enumerate(rows):
            await context.time.sleep_until(start + row.after)
            context.recorded_requests.put_nowait((count, row))

    async def _heartbeat(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(1)
            ticks += 1
            self._report_progress()
            if ticks % SAVE_EVERY_TICKS == 0:
                self._remember_places()
                self._context.accounts.save()

    async def _keep_time(self) -> None:
        """Clocks drift apart, are set, and a city may have been stopped for a while."""
        while True:
            await asyncio.sleep(CLOCK_SYNC_INTERVAL_S)
            with contextlib.suppress(RequestFailed):
                self._context.time.set(*await _read_clock(self._context.http, self._context.options))

    def _remember_places(self) -> None:
        for driver in self._drivers:
            if driver.ready:
                self._context.accounts.store_place(driver.account.phone, driver.current_point)

    def _report_progress(self) -> None:
        self._progress(
            Progress(
                phase=self._phase,
                drivers_online=sum(driver.online for driver in self._drivers),
                riders_ready=sum(rider.ready for rider in self._riders),
                requested=self._context.requested,
                live=self._still_live(),
            )
        )

    def _still_live(self) -> int:
        return sum(rider.job is not None for rider in self._riders)

    # --- the end ------------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Until no rescue is live and its money has come to its end, or the time for it is over."""
        context = self._context
        riding = [task for person, task in self._lives.items() if isinstance(person, Rider)]
        if riding:
            await asyncio.wait(riding, timeout=context.options.finish_city_minutes * 60 / context.time.speed)
        for _ in range(SETTLEMENT_TIMEOUT_S):
            if all([await _settled(rider) for rider in self._riders]):
                break
            await asyncio.sleep(1)
        await _cancel([task for person, task in self._lives.items() if isinstance(person, Driver)])
        turn = asyncio.Semaphore(MAX_CONCURRENT_SIGN_INS)

        async def leave(driver: Driver) -> None:
            async with turn:
                await driver.go_offline()

        await asyncio.gather(*(leave(driver) for driver in self._drivers if driver.ready))

    async def _listen(self) -> bool:
        """Keep the sockets until nothing comes any more and every client has reached its heads."""
        options = self._context.options
        feeds = [person.realtime for person in self._people if person.ready]
        for feed in feeds:
            feed.reconnect()
        # From here on: what came while the last jobs ended was news until a moment ago.
        begun = time.monotonic()
        while (now := time.monotonic()) < begun + options.quiet_patience_seconds:
            window = now - options.quiet_seconds
            if window >= begun and all(feed.caught_up_since(window) for feed in feeds):
                return True
            await asyncio.sleep(0.2)
        return False


async def _settled(rider: Rider) -> bool:
    try:
        return not rider.unsettled or await rider.settled()
    except RequestFailed:
        return False


async def _pass(wall_seconds: float | None) -> None:
    """Let the time pass; for ever without a number."""
    if wall_seconds is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(wall_seconds)


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
