"""A platform in one process, without sockets of its own: every part on a store, a Redis and Stripe's emulator
that outlive it.  It does nothing by itself: a test says when events are handed on, jobs done, deadlines
looked for and tickers run, so that its steps come in the same order every time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import msgspec

from support.crash.deployment import MovedClock, People, Person, Place, settings_at
from support.crash.steps import (
    Fuse,
    named_consumers,
    named_deadlines,
    named_handlers,
    named_tickers,
    working_as,
)
from support.store.fixtures import store_at
from supportcarr.bootstrap.container import Container, RedisClients
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
from supportcarr.kit.store.port import Range, Store
from supportcarr.providers.stripe import StripePaymentGateway
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.model import Rescue
from supportcarr.tracking.model import Position

ROUNDS = 60  # of settling: more means that something comes up again and again


class Answered(msgspec.Struct, frozen=True):
    """What the API answered."""

    status: int
    body: Any


class World:
    """One process's parts, and who is asked to do what."""

    def __init__(
        self,
        place: Place,
        container: Container,
        clock: MovedClock,
        fuse: Fuse,
        *,
        redis: RedisClient,
        concurrency: int,
    ) -> None:
        self.place = place
        self.container = container
        self.clock = clock
        self.fuse = fuse
        self.redis = redis
        self.store: Store = container.store
        self.rescues = container.store.collection(RESCUES)
        self.offers = container.store.collection(OFFERS)
        self.roster = container.store.collection(ROSTER)
        self.people: People | None = None
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
        self._tickers = {ticker.name: ticker for ticker in named_tickers(container.periodic_tasks())}

    def jump(self, seconds: float) -> None:
        """Move the clock, and remember that beyond this process."""
        self.clock.jump(seconds)
        (self.place.path / "jumped").write_text(str(self.clock.jumped))

    # --- who is there -------------------------------------------------------------------------

    @property
    def who(self) -> People:
        if self.people is None:
            self.people = msgspec.json.decode((self.place.path / "people.json").read_bytes(), type=People)
        return self.people

    def meet(self, people: People) -> None:
        """These are the world's people, in every process of it."""
        self.people = people
        (self.place.path / "people.json").write_bytes(msgspec.json.encode(people))

    def keep(self, name: str, value: str) -> None:
        """Remember something for who comes after this process."""
        (self.place.path / f"kept-{name}").write_text(value)

    def kept(self, name: str) -> str:
        return (self.place.path / f"kept-{name}").read_text()

    # --- requests -----------------------------------------------------------------------------

    async def request(
        self,
        who: Person | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answered:
        """One request through the gateway, as its server would hand it over."""
        gateway = self._gateway_with(method, path.partition("?")[0])
        raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        sent = {"content-type": "application/json"} if raw else {}
        if who is not None:
            sent["authorization"] = f"Bearer {who.access_token}"
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
        told: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Message) -> None:
            told.append(message)

        with working_as(f"{method} {_template(path)}"):
            await gateway(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in told[1:])
        return Answered(told[0]["status"], msgspec.json.decode(content) if content else None)

    def _gateway_with(self, method: str, path: str) -> Gateway:
        """The gateway with the one route that is meant: with all of them it takes long to build."""
        [route] = [r for r in self._routes if r.method == method and _is(r.path, path)]
        named = (method, route.path)
        if named not in self._gateways:
            container = cast(Container, _HouseWith([route], self.container))
            self._gateways[named] = gateway_of(container, Metrics(), Lifecycle())
        return self._gateways[named]

    # --- what happens behind ------------------------------------------------------------------

    def relaying(self) -> Relay:
        """A relay that hands on at once what this process commits, as long as it is not stopped."""
        return Relay(
            self.store,
            named_consumers(self.container.consumers()),
            self.container.jobs,
            concurrency=self._concurrency,
        )

    async def relay(self) -> None:
        """Hand on every event there is, and what follows from it; afterwards nobody does so any more."""
        relay = self.relaying()
        try:
            for _ in range(ROUNDS):
                assert await relay.drain(20), "events could not be handed on"
                if not await relay.sweep(older_than_s=0.0):
                    return
            raise AssertionError("the outbox does not run dry")
        finally:
            await relay.stop()

    async def do_jobs(self) -> int:
        """Do every job that is due now, one after the other; how many were tried."""
        due = await self.container.jobs.documents.find(
            {"state": "ready", "run_at": Range(lt=self.clock.wall())}, sort="run_at", limit=100
        )
        for job in due.items:
            with working_as("worker"):
                await self._worker.run_job(job.id)
        return len(due.items)

    async def fall_due(self) -> int:
        """Fire every deadline that has come; how many."""
        runner = DeadlineRunner(
            self.store, self.clock, self._deadlines, every_s=0.0, ahead_s=0.0, concurrency=self._concurrency
        )
        fired = await runner.poll()
        await runner.stop(30)
        self.failures += runner.failures
        return fired

    async def tick(self, name: str) -> None:
        """Run that ticker once."""
        await self._tickers[name].run()

    async def settle(self) -> None:
        """Let everything happen that can happen at this moment."""
        for _ in range(ROUNDS):
            await self.relay()
            if not await self.do_jobs() + await self.fall_due():
                return
        raise AssertionError("it does not come to rest")

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and everything happen in it at its time."""
        end = self.clock.wall() + timedelta(seconds=seconds)
        while True:
            await self.settle()
            left = (end - self.clock.wall()).total_seconds()
            if left <= 0:
                break
            self.clock.jump(min(left, max(0.05, await self._next_due(left) + 0.01)))
            await self.drive_about()
        for name in self._tickers:
            await self.tick(name)
        await self.settle()

    async def _next_due(self, within: float) -> float:
        """Seconds until the next thing that is due, at most *within*."""
        city, wall = self.clock.city(), self.clock.wall()
        dues = [within, 10.0]  # positions are renewed, and reconcilers run, that often
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
            self.clock.jump(min(left, max(0.05, await self._next_due(left) + 0.01)))
            await self.drive_about()
            for name in ("dispatch.reconcile", "riders.reconcile_claims"):
                await self.tick(name)

    # --- drivers on the street ----------------------------------------------------------------

    async def drive_about(self) -> None:
        """Both drivers' phones report where they are."""
        now = self.clock.city()
        for person, lat in ((self.who.near, 45.506), (self.who.far, 45.515)):
            await self.container.tracking.report(
                person.id, [Position(lat=lat, lng=-73.58, at=now, accuracy=5.0)]
            )

    async def rescue(self) -> Rescue:
        """The rider's latest rescue."""
        page = await self.rescues.find({"rider_id": self.who.rider.id}, sort="-id", limit=1)
        return page.items[0]

    async def open_offers(self) -> list[Offer]:
        """Offers that can be accepted now."""
        return [
            offer
            for person in (self.who.near, self.who.far)
            for offer in await self.container.dispatch.open_offers(person.id)
        ]

    async def entry(self, who: Person) -> RosterEntry:
        entry = await self.roster.get(who.id)
        assert entry is not None
        return entry


class _HouseWith:
    """A container with those routes alone."""

    def __init__(self, routes: Sequence[Route], container: Container) -> None:
        self._routes = routes
        self._house = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house, name)

    def routes(self) -> Sequence[Route]:
        return self._routes


def _is(route: str, path: str) -> bool:
    """Whether the route is the path's."""
    parts, given = route.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        a.startswith("{") or a == b for a, b in zip(parts, given, strict=True)
    )


def _template(path: str) -> str:
    """The path as the routes have it: ids left out."""
    return "/".join("{id}" if "_" in part else part for part in path.partition("?")[0].split("/"))


@asynccontextmanager
async def opened(
    place: Place,
    *,
    dies_at: int | None = None,
    when: Any = "done",
    concurrency: int = 1,
) -> AsyncIterator[World]:
    """The world at that place, in this process; it dies at that step once its fuse is armed."""
    settings = settings_at(place)
    fuse = Fuse(place.steps, place.events, dies_at=dies_at, when=when)
    async with AsyncExitStack() as closing:
        closing.callback(fuse.close)
        inner = store_at(place.store_url)
        await inner.open()
        closing.push_async_callback(inner.close)
        clock = MovedClock(place.starts)
        redis = await closing.enter_async_context(RedisClient(place.redis_url, name="crash"))
        container = Container(
            settings,
            fuse.store(inner),
            clock,
            RedisClients(redis, redis),
            durable_url=place.redis_url,
            payment_gateway=lambda: fuse.gateway(StripePaymentGateway(settings.stripe)),
        )
        container.streams = fuse.streams(container.streams)
        closing.push_async_callback(container.close)
        await container.revocations.open()
        closing.push_async_callback(container.revocations.close)
        world = World(place, container, clock, fuse, redis=redis, concurrency=concurrency)
        yield world


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What works behind requests."""

    quick_consumers: frozenset[str]
    jobs: frozenset[str]  # those of slow consumers among them
    deadlines: frozenset[str]  # their collections
    tickers: frozenset[str]


async def declared_names() -> Names:
    """Every consumer, job, deadline and ticker of the platform."""
    async with _unopened() as container:
        return Names(
            quick_consumers=frozenset(c.name for c in container.consumers() if not c.slow),
            jobs=frozenset(handler.name for handler in container.job_handlers()),
            deadlines=frozenset(deadline.spec.name for deadline in container.deadlines()),
            tickers=frozenset(ticker.name for ticker in container.periodic_tasks()),
        )


async def built_once() -> None:
    """Build every part and the gateway without opening anything: imports that wait for that are done."""
    async with _unopened() as container:
        gateway_of(container, Metrics(), Lifecycle())


@asynccontextmanager
async def _unopened() -> AsyncIterator[Container]:
    """A container that is connected to nothing."""
    nowhere = "redis://127.0.0.1:1"
    place = Place(folder="/", store_url="sqlite:////nowhere", redis_url=nowhere, stripe_url="", starts=0.0)
    redis = RedisClient(nowhere)
    store = store_at(place.store_url)
    container = Container(settings_at(place), store, Clock(), RedisClients(redis, redis), durable_url=nowhere)
    yield container
    await container.payment_gateway.close()
    container.passwords.close()
