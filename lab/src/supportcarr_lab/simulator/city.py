"""Runs a city: everyone signs in, uses the platform, finishes open rescues and receives the last events."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
import structlog

from supportcarr_lab.simulator.accounts import Accounts
from supportcarr_lab.simulator.applicant import FIRST_INDEX, Applicant, ApplicantRecord
from supportcarr_lab.simulator.city_time import CityTime, parse_time
from supportcarr_lab.simulator.client import ApiClient, RequestFailed
from supportcarr_lab.simulator.context import OPERATOR_ADDRESS, CityOptions, SimulationContext
from supportcarr_lab.simulator.demand import RecordedRequest, read_recorded_demand
from supportcarr_lab.simulator.driver import Driver
from supportcarr_lab.simulator.http_stats import HttpStats, HttpSummary
from supportcarr_lab.simulator.journal import JournalRecord
from supportcarr_lab.simulator.person import Person
from supportcarr_lab.simulator.position_reporter import PositionReporter
from supportcarr_lab.simulator.progress import Progress
from supportcarr_lab.simulator.rider import Rider
from supportcarr_lab.simulator.simulated_operator import SimulatedOperator
from supportcarr_lab.simulator.visitors import VisitingDriver, VisitingRider, prepare_until_done

# A sign-up costs the server a quarter second of CPU, and two are hashed at a time.  Somebody who signs up
# while the city arrives waits for a few of its people only, not for so many that the server gives up (503).
MAX_CONCURRENT_SIGN_INS = 4
SAVE_INTERVAL_S = 2
STARTUP_TIMEOUT_S = 60.0  # wall; for the platform to answer
SETTLEMENT_TIMEOUT_S = 30  # wall; for the last payments to be settled
CLOCK_SYNC_INTERVAL_S = 20.0
RETRY_DELAY_S = 3.0  # before a person whose preparation failed tries again
T = TypeVar("T")
log = structlog.get_logger(__name__)


class CityOutcome(msgspec.Struct, kw_only=True):
    """What the city's clients did and saw.  Times are city time in seconds since the Unix epoch."""

    seconds: float  # wall time from when everyone had signed in until no new rescue was requested
    began_at: float  # before the first sign-in
    closed_at: float  # when the sockets were closed
    http: HttpSummary
    journals: list[JournalRecord]
    still_live: int  # rescues that did not end in the time for finishing
    caught_up: bool  # every client had reached its streams' positions when the sockets were closed
    crashed: list[str] = []  # people whose simulation raised an exception: a bug of the simulator
    problems: dict[str, int] = {}  # responses from 400 on and lost requests, by kind
    notes: dict[str, int] = {}  # see ``SimulationContext.note``
    positions: dict[str, int] = {}  # reports sent, and errors by kind
    applicants: list[ApplicantRecord] = []

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

    After *stop* open rescues are not finished: sessions and places are saved, sockets are closed.
    Raises ``RequestFailed`` if the platform cannot be reached, ``DemandError`` for an invalid demand file,
    ``ValueError`` for a damaged sessions file.
    """
    rows = read_recorded_demand(options.demand) if options.demand else None
    accounts = Accounts(options.data)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        context = SimulationContext(options, http, CityTime(*await _wait_for_clock(http, options)), accounts)
        return await _City(context, progress, stop or asyncio.Event()).run(rows)


async def _wait_for_clock(http: aiohttp.ClientSession, options: CityOptions) -> tuple[float, float, float]:
    """Read the clock of a platform that may still be starting."""
    until = time.monotonic() + STARTUP_TIMEOUT_S
    while True:
        try:
            return await _read_clock(http, options)
        except RequestFailed:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(RETRY_DELAY_S / 10)


async def _read_clock(http: aiohttp.ClientSession, options: CityOptions) -> tuple[float, float, float]:
    """(city time, local wall time at that moment, city seconds per wall second)."""
    api = ApiClient(http, options.base_url, address=OPERATOR_ADDRESS, stats=HttpStats())
    before = time.time()
    clock = await api.request("GET", "/clock", retry_for_s=0)  # a retry would widen the interval
    after = time.time()
    wall = parse_time(clock["wall_time"])
    if not before <= wall <= after:  # the server's clock differs: take the middle of the interval
        wall = (before + after) / 2
    return parse_time(clock["city_time"]), wall, clock["speed"]


class _City:
    """One run of a city."""

    def __init__(
        self, context: SimulationContext, progress: Callable[[Progress], None], stop: asyncio.Event
    ) -> None:
        self._context, self._progress, self._stop = context, progress, stop
        options, accounts = context.options, context.accounts
        self._drivers = [Driver(context, accounts.account("driver", i)) for i in range(options.drivers)]
        self._riders = [Rider(context, accounts.account("rider", i)) for i in range(options.riders)]
        first = FIRST_INDEX + accounts.count_signed_up("driver", FIRST_INDEX)  # each run has new ones
        self._applicants = [
            Applicant(context, accounts.account("driver", first + i)) for i in range(options.applicants)
        ]
        self._people: list[Person] = [*self._drivers, *self._riders]
        self._everyone: list[Person] = [*self._people, *self._applicants]
        self._visitors: tuple[VisitingRider, VisitingDriver] | None = None
        if options.visitors is not None:
            self._visitors = (
                VisitingRider(context, options.visitors.rider),
                VisitingDriver(context, options.visitors.driver, self._riders, self._drivers),
            )
        self._visitors_ready = False
        self._tasks: dict[Person, asyncio.Task[None]] = {}
        self._phase = "signing_in"
        self._crashed: list[str] = []
        self._positions = PositionReporter([*self._drivers, *self._applicants], context.time)

    async def run(self, rows: list[RecordedRequest] | None) -> CityOutcome:
        context = self._context
        began_at = context.time.now()
        if rows is not None:
            context.recorded_requests = asyncio.Queue()
        helpers = [
            asyncio.create_task(work)
            for work in (self._heartbeat(), self._sync_clock(), self._positions.run(), self._welcome())
        ]
        seconds, caught_up = 0.0, False
        arrivals: list[asyncio.Task[None]] = []
        try:
            if await self._unless_stopped(self._prepare_everyone()):
                self._phase, started = "running", time.monotonic()
                if rows is not None:
                    helpers.append(asyncio.create_task(self._replay(rows)))
                helpers.append(asyncio.create_task(SimulatedOperator(context).run()))
                arrivals = [asyncio.create_task(self._arrive(applicant)) for applicant in self._applicants]
                await self._unless_stopped(_sleep(context.options.seconds))
                seconds = time.monotonic() - started
            context.closing.set()
            await self._end_arrivals(arrivals)
            self._phase = "finishing"
            await self._unless_stopped(self._finish())
            self._phase = "draining"
            caught_up = bool(await self._unless_stopped(self._drain_events()))
        finally:
            closed_at = context.time.now()
            await _cancel([*helpers, *arrivals, *context.errands, *self._tasks.values()])
            await asyncio.gather(*(person.realtime.close() for person in self._everyone if person.ready))
            self._store_places()
            context.accounts.save()
        self._phase = "done"
        self._report_progress()
        return CityOutcome(
            seconds=seconds,
            began_at=began_at,
            closed_at=closed_at,
            http=context.http_stats.summary(),
            journals=[person.journal.record for person in self._everyone if person.user_id],
            still_live=self._still_live(),
            caught_up=caught_up,
            crashed=self._crashed,
            problems=dict(context.http_stats.problems),
            notes=dict(context.notes),
            positions={"sent": self._positions.sent, **self._positions.errors},
            applicants=[applicant.record for applicant in self._applicants],
        )

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of *work*, or ``None`` if *stop* is set first."""
        task, stopped = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancel([task, stopped])

    # --- signing in ---------------------------------------------------------------------------

    async def _prepare_everyone(self) -> bool:
        """Drivers first, so that trucks are on the map early."""
        slots = asyncio.Semaphore(MAX_CONCURRENT_SIGN_INS)
        async with asyncio.TaskGroup() as group:
            for person in self._people:
                group.create_task(self._prepare(person, slots))
        return True

    async def _prepare(self, person: Person, slots: asyncio.Semaphore) -> None:
        while True:
            try:
                async with slots:
                    await person.prepare()
                break
            except RequestFailed as error:
                log.warning("person_not_prepared", role=person.account.role, reason=str(error))
                await person.abandon_preparation()
                await asyncio.sleep(RETRY_DELAY_S)
        person.ready = True
        if isinstance(person, Rider):
            self._context.riders_by_id[person.user_id] = person
        else:
            self._context.simulated_drivers.add(person.user_id)
        self._tasks[person] = asyncio.create_task(self._run_person(person))

    async def _welcome(self) -> None:
        """Prepare the accounts of the visitor, if there are any, and play along with what they do."""
        if self._visitors is None:
            return
        rider, driver = self._visitors
        await asyncio.gather(prepare_until_done(rider), prepare_until_done(driver))
        self._visitors_ready = True
        self._report_progress()
        await driver.run()

    async def _arrive(self, applicant: Applicant) -> None:
        """Let an applicant sign up when their time has come, and drive once they are approved."""
        await self._context.time.sleep(applicant.plan.arrives_after_s)
        await self._prepare(applicant, asyncio.Semaphore(1))

    async def _end_arrivals(self, arrivals: Sequence[asyncio.Task[None]]) -> None:
        """End the applications that were not decided in time; those people were never online."""
        await _cancel(arrivals)
        for applicant in self._applicants:
            if not applicant.ready:
                await applicant.abandon_preparation()

    async def _run_person(self, person: Person) -> None:
        """Run a person again after an exception: a bug of the simulator goes into the outcome."""
        while True:
            try:
                return await person.run()
            except Exception as error:
                log.exception("person_crashed", role=person.account.role, index=person.index)
                self._crashed.append(f"{person.account.role} {person.index}: {error!r}")
                await asyncio.sleep(1)

    # --- running ------------------------------------------------------------------------------

    async def _replay(self, rows: list[RecordedRequest]) -> None:
        """Give each recorded request, at its time, to the rider who has waited longest."""
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
            if ticks % SAVE_INTERVAL_S == 0:
                self._store_places()
                self._context.accounts.save()

    async def _sync_clock(self) -> None:
        """Read the city clock regularly: clocks drift, are set, and a city may have been paused."""
        while True:
            await asyncio.sleep(CLOCK_SYNC_INTERVAL_S)
            with contextlib.suppress(RequestFailed):
                self._context.time.set(*await _read_clock(self._context.http, self._context.options))

    def _store_places(self) -> None:
        for driver in (*self._drivers, *self._applicants):
            if driver.ready:
                self._context.accounts.store_place(driver.account.phone, driver.current_point)

    def _report_progress(self) -> None:
        self._progress(
            Progress(
                phase=self._phase,
                drivers_online=sum(driver.online for driver in (*self._drivers, *self._applicants)),
                riders_ready=sum(rider.ready for rider in self._riders),
                requested=self._context.requested,
                live=self._still_live(),
                visitors_ready=self._visitors_ready,
            )
        )

    def _still_live(self) -> int:
        return sum(rider.job is not None for rider in self._riders)

    # --- the end ------------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Wait until every rescue and its payment have ended, or the time for it is over."""
        context = self._context
        rider_tasks = [task for person, task in self._tasks.items() if isinstance(person, Rider)]
        if rider_tasks:
            await asyncio.wait(
                rider_tasks, timeout=context.options.finish_city_minutes * 60 / context.time.speed
            )
        for _ in range(SETTLEMENT_TIMEOUT_S):
            if all([await _settled(rider) for rider in self._riders]):
                break
            await asyncio.sleep(1)
        if errands := set(self._context.errands):
            await asyncio.wait(errands, timeout=SETTLEMENT_TIMEOUT_S)
        await _cancel([task for person, task in self._tasks.items() if isinstance(person, Driver)])
        slots = asyncio.Semaphore(MAX_CONCURRENT_SIGN_INS)

        async def go_offline(driver: Driver) -> None:
            async with slots:
                await driver.go_offline()

        drivers = [*self._drivers, *self._applicants]
        await asyncio.gather(*(go_offline(driver) for driver in drivers if driver.ready))

    async def _drain_events(self) -> bool:
        """Wait until no events arrive any more and every client has reached its streams' positions.

        False if that did not happen in ``quiet_timeout_seconds``.
        """
        options = self._context.options
        clients = [person.realtime for person in self._everyone if person.ready]
        for client in clients:
            client.reconnect()
        # Only quiet after this moment counts: events may have been published just before.
        started = time.monotonic()
        while (now := time.monotonic()) < started + options.quiet_timeout_seconds:
            quiet_from = now - options.quiet_seconds
            if quiet_from >= started and all(client.caught_up_since(quiet_from) for client in clients):
                return True
            await asyncio.sleep(0.2)
        return False


async def _settled(rider: Rider) -> bool:
    try:
        return not rider.unsettled or await rider.settled()
    except RequestFailed:
        return False


async def _sleep(wall_seconds: float | None) -> None:
    """Sleep for that time; for ever if ``None``."""
    if wall_seconds is None:
        await asyncio.Event().wait()
    else:
        await asyncio.sleep(wall_seconds)


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
