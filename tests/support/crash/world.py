"""The platform in one process without listening sockets: every part, on a store, a Redis and a Stripe
emulator that outlive the process.  Nothing runs by itself: a test says when events are relayed and when
jobs, deadlines and periodic tasks run, so the steps come in the same order every time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec

from support.crash.deployment import Deployment, ManualClock, People, Person, settings_at
from support.crash.objects import RecordedObjects
from support.crash.steps import (
    StepRecorder,
    attributed_to,
    named_consumers,
    named_deadlines,
    named_handlers,
    named_periodic_tasks,
)
from support.store.fixtures import store_at
from supportcarr.bootstrap.container import Container
from supportcarr.bootstrap.parts.core import RedisClients
from supportcarr.bootstrap.parts.drivers import check_providers_of
from supportcarr.bootstrap.processes import gateway_of
from supportcarr.contracts.routing import Route
from supportcarr.dispatch.collections import OFFERS, ROSTER
from supportcarr.dispatch.model import Offer
from supportcarr.dispatch.roster import RosterEntry
from supportcarr.gateway.app import Gateway
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.types import Message
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.keyset import Keyset, KeysetFile, new_keyset
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import Range, Store
from supportcarr.providers.stripe import StripePaymentGateway
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.model import Rescue
from supportcarr.tracking.model import Position

ROUNDS = 60  # of settling; more means that some work is repeated for ever


class ApiResponse(msgspec.Struct, frozen=True):
    """Status and decoded body of a response of the API."""

    status: int
    body: Any


class World:
    """The parts of one process, and the operations that a test runs on them."""

    def __init__(
        self,
        deployment: Deployment,
        container: Container,
        clock: ManualClock,
        recorder: StepRecorder,
        *,
        redis: RedisClient,
        concurrency: int,
    ) -> None:
        self.deployment = deployment
        self.container = container
        self.clock = clock
        self.recorder = recorder
        self.redis = redis
        self.store: Store = container.store
        self.rescues = container.store.collection(RESCUES)
        self.offers = container.store.collection(OFFERS)
        self.roster = container.store.collection(ROSTER)
        self._people: People | None = None
        self.failures = 0
        self._concurrency = concurrency
        self._routes = container.routes()
        self._gateways: dict[tuple[str, str], Gateway] = {}
        self._worker = JobWorker(
            container.jobs,
            named_handlers(container.job_handlers()),
            container.settings.jobs,
            jitter=lambda: 0.0,
        )
        self._deadlines = named_deadlines(container.deadlines())
        self._latitudes: dict[str, float] = {}  # of drivers who have driven somewhere
        self._periodic_tasks = {
            periodic_task.name: periodic_task
            for periodic_task in named_periodic_tasks(container.periodic_tasks())
        }

    def advance(self, seconds: float) -> None:
        """Advance the clock, and store by how much for the next process."""
        self.clock.advance(seconds)
        (self.deployment.path / "clock-advance").write_text(str(self.clock.advanced))

    # --- people ---------------------------------------------------------------------------------

    @property
    def people(self) -> People:
        if self._people is None:
            self._people = msgspec.json.decode(
                (self.deployment.path / "people.json").read_bytes(), type=People
            )
        return self._people

    def set_people(self, people: People) -> None:
        """Set the world's people, for every process of it."""
        self._people = people
        (self.deployment.path / "people.json").write_bytes(msgspec.json.encode(people))

    def save_value(self, name: str, value: str) -> None:
        """Store a value for the processes that come after this one."""
        (self.deployment.path / f"saved-{name}").write_text(value)

    def saved_value(self, name: str) -> str:
        return (self.deployment.path / f"saved-{name}").read_text()

    # --- requests -----------------------------------------------------------------------------

    async def request(
        self,
        person: Person | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> ApiResponse:
        """Send one request through the gateway, in the form its HTTP server would pass it on."""
        gateway = self._gateway_with(method, path.partition("?")[0])
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        sent = {"content-type": "application/json"} if raw else {}
        if person is not None:
            sent["authorization"] = f"Bearer {person.access_token}"
        if key is not None:
            sent["idempotency-key"] = key
        full, _, query = f"/api/v1{path}".partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": full,
            "raw_path": full.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(n.encode(), v.encode()) for n, v in {**sent, **(headers or {})}.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        with attributed_to(f"{method} {_template(path)}"):
            await gateway(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in messages[1:])
        return ApiResponse(messages[0]["status"], msgspec.json.decode(content) if content else None)

    def _gateway_with(self, method: str, path: str) -> Gateway:
        """A gateway with only the route of this request: one with all routes takes long to build."""
        [route] = [r for r in self._routes if r.method == method and _matches(r.path, path)]
        named = (method, route.path)
        if named not in self._gateways:
            container = cast(Container, _ContainerWithRoutes([route], self.container))
            self._gateways[named] = gateway_of(container, Metrics(), Lifecycle())
        return self._gateways[named]

    # --- background work ---------------------------------------------------------------------

    def create_relay(self) -> Relay:
        """A relay that passes on what this process commits until it is stopped."""
        return Relay(
            self.store,
            named_consumers(self.container.consumers()),
            self.container.jobs,
            concurrency=self._concurrency,
        )

    async def relay(self) -> None:
        """Relay events until the outbox is empty, then stop the relay."""
        relay = self.create_relay()
        try:
            for _ in range(ROUNDS):
                assert await relay.drain(120), "events could not be relayed"
                if not await relay.sweep(older_than_s=0.0):
                    return
            raise AssertionError("the outbox does not become empty")
        finally:
            await relay.stop()

    async def run_jobs(self) -> int:
        """Run every job that is due, one after the other; return how many were attempted."""
        due = await self.container.jobs.documents.find(
            {"state": "ready", "run_at": Range(lt=self.clock.wall())}, sort="run_at", limit=100
        )
        for job in due.items:
            with attributed_to("worker"):
                await self._worker.run_job(job.id)
        return len(due.items)

    async def run_deadlines(self) -> int:
        """Fire every deadline that is due; return how many."""
        runner = DeadlineRunner(
            self.store, self.clock, self._deadlines, every_s=0.0, ahead_s=0.0, concurrency=self._concurrency
        )
        fired = await runner.poll()
        await runner.stop(30)
        self.failures += runner.failures
        return fired

    async def run_periodic_task(self, name: str) -> None:
        """Run that periodic task once."""
        await self._periodic_tasks[name].run()

    async def settle(self) -> None:
        """Run the relay, jobs and deadlines until nothing is due."""
        for _ in range(ROUNDS):
            await self.relay()
            if not await self.run_jobs() + await self.run_deadlines():
                return
        raise AssertionError("work does not end")

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, running everything when it becomes due."""
        end = self.clock.wall() + timedelta(seconds=seconds)
        while True:
            await self.settle()
            left = (end - self.clock.wall()).total_seconds()
            if left <= 0:
                break
            self.clock.advance(min(left, max(0.05, await self._next_due(left) + 0.01)))
            await self.report_positions()
        for name in self._periodic_tasks:
            await self.run_periodic_task(name)
        await self.settle()

    async def _next_due(self, within: float) -> float:
        """Seconds until the next thing that is due, at most *within*."""
        city, wall = self.clock.city(), self.clock.wall()
        dues = [within, 10.0]  # interval of position reports and reconcilers
        for deadline in self._deadlines:
            horizon = Range(lt=city + timedelta(seconds=within))
            page = await self.store.collection(deadline.spec).find(
                {"due_at": horizon}, sort="due_at", limit=1
            )
            dues += [(document.due_at - city).total_seconds() for document in page.items]
        jobs = await self.container.jobs.documents.find({"state": "ready"}, sort="run_at", limit=1)
        dues += [(job.run_at - wall).total_seconds() for job in jobs.items]
        return max(0.0, min(dues))

    async def until(self, happened: Callable[[], Awaitable[bool]], within_s: float) -> bool:
        """Let time pass until *happened*; False if it has not within that time."""
        end = self.clock.wall() + timedelta(seconds=within_s)
        while True:
            await self.settle()
            if await happened():
                return True
            left = (end - self.clock.wall()).total_seconds()
            if left <= 0:
                return False
            self.clock.advance(min(left, max(0.05, await self._next_due(left) + 0.01)))
            await self.report_positions()
            for name in ("dispatch.reconcile", "riders.reconcile_claims"):
                await self.run_periodic_task(name)

    # --- drivers and rescues ----------------------------------------------------------------

    async def report_positions(self) -> None:
        """Report both drivers' positions."""
        now = self.clock.city()
        for person, lat in ((self.people.near, 45.506), (self.people.far, 45.515)):
            lat = self._latitudes.get(person.id, lat)
            await self.container.tracking.report(
                person.id, [Position(lat=lat, lng=-73.58, at=now, accuracy=5.0)]
            )

    async def drive(self, driver_id: str, lat: float) -> None:
        """Let the driver arrive at that latitude, which takes two minutes."""
        self._latitudes[driver_id] = lat
        await self.pass_time(120)

    async def rescue(self) -> Rescue:
        """The rider's latest rescue."""
        page = await self.rescues.find({"rider_id": self.people.rider.id}, sort="-id", limit=1)
        return page.items[0]

    async def open_offers(self) -> list[Offer]:
        """Offers that can be accepted now."""
        return [
            offer
            for person in (self.people.near, self.people.far)
            for offer in await self.container.dispatch.open_offers(person.id)
        ]

    async def roster_entry(self, person: Person) -> RosterEntry:
        entry = await self.roster.get(person.id)
        assert entry is not None
        return entry


class _ContainerWithRoutes:
    """A container with those routes alone."""

    def __init__(self, routes: Sequence[Route], container: Container) -> None:
        self._routes = routes
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def routes(self) -> Sequence[Route]:
        return self._routes


def _matches(route: str, path: str) -> bool:
    """Whether the path matches the route."""
    parts, given = route.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        a.startswith("{") or a == b for a, b in zip(parts, given, strict=True)
    )


def _template(path: str) -> str:
    """The path with its ids replaced, as in route declarations."""
    return "/".join("{id}" if "_" in part else part for part in path.partition("?")[0].split("/"))


@asynccontextmanager
async def open_world(
    deployment: Deployment,
    *,
    dies_at: int | None = None,
    timing: Any = "after",
    concurrency: int = 1,
) -> AsyncIterator[World]:
    """Open a world; the process is killed at step *dies_at*, counted while the recorder is active."""
    settings = settings_at(deployment)
    recorder = StepRecorder(deployment.steps, deployment.events, dies_at=dies_at, timing=timing)
    async with AsyncExitStack() as closing:
        closing.callback(recorder.close)
        keyset = KeysetFile(Path(deployment.folder) / "keyset.json")
        inner = SealingStore(store_at(deployment.store_url), keyset)
        await inner.open()
        closing.push_async_callback(inner.close)
        clock = ManualClock(deployment.start_time)
        redis = await closing.enter_async_context(RedisClient(deployment.redis_url, name="crash", timeout=60))
        container = Container(
            settings,
            recorder.store(inner),
            clock,
            RedisClients(redis, redis),
            durable_url=deployment.redis_url,
            data_keys=inner.data_keys,
            payment_gateway=lambda: recorder.gateway(StripePaymentGateway(settings.stripe)),
            checks=lambda: recorder.checks(check_providers_of(settings)),
            streams=recorder.streams,
            objects=lambda: RecordedObjects(
                recorder,
                Path(deployment.folder) / "objects",
                settings.deployment.public_url + "/api/v1",
                settings.auth.lookup_secret,
                clock,
            ),
        )
        closing.push_async_callback(container.close)
        await container.revocations.open()
        closing.push_async_callback(container.revocations.close)
        world = World(deployment, container, clock, recorder, redis=redis, concurrency=concurrency)
        yield world


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names of everything that runs in the background."""

    quick_consumers: frozenset[str]
    jobs: frozenset[str]  # including those of slow consumers
    deadlines: frozenset[str]  # names of their collections
    periodic_tasks: frozenset[str]


async def declared_names() -> Names:
    """Every consumer, job, deadline and periodic task of the platform."""
    async with _unconnected_container() as container:
        return Names(
            quick_consumers=frozenset(c.name for c in container.consumers() if not c.slow),
            jobs=frozenset(handler.name for handler in container.job_handlers()),
            deadlines=frozenset(deadline.spec.name for deadline in container.deadlines()),
            periodic_tasks=frozenset(periodic_task.name for periodic_task in container.periodic_tasks()),
        )


async def build_once() -> None:
    """Build every part and the gateway without opening anything, which runs their deferred imports."""
    async with _unconnected_container() as container:
        gateway_of(container, Metrics(), Lifecycle())


@asynccontextmanager
async def _unconnected_container() -> AsyncIterator[Container]:
    """A container that is connected to nothing."""
    nowhere = "redis://127.0.0.1:1"
    deployment = Deployment(
        folder="/", store_url="sqlite:////nowhere", redis_url=nowhere, stripe_url="", start_time=0.0
    )
    redis = RedisClient(nowhere)
    store = SealingStore(store_at(deployment.store_url), Keyset(new_keyset()))
    container = Container(
        settings_at(deployment),
        store,
        Clock(),
        RedisClients(redis, redis),
        durable_url=nowhere,
        data_keys=store.data_keys,
    )
    yield container
    await container.payment_gateway.close()
    container.passwords.close()
