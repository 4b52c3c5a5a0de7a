"""The processes of the platform: what each opens, runs and closes."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog

from supportcarr import __version__
from supportcarr.bootstrap import process_metrics
from supportcarr.bootstrap.areas import area_ids
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.container import Container
from supportcarr.bootstrap.maps import map_tiles, public_streets
from supportcarr.bootstrap.metric_catalogue import CATALOGUE
from supportcarr.bootstrap.operators import Operator
from supportcarr.bootstrap.pages import page_sources
from supportcarr.bootstrap.parts.core import RedisClients
from supportcarr.bootstrap.profile_rules import refuse_insecure
from supportcarr.bootstrap.public_config import public_config
from supportcarr.bootstrap.seeding import add_operator, seed
from supportcarr.bootstrap.settings import Settings, release_of
from supportcarr.bootstrap.stores import store_of
from supportcarr.bootstrap.web_apps import app_folders, page_redirects
from supportcarr.gateway import app as gateway
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.http.addresses import ClientAddresses, trusted_networks
from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import CONNECTIONS, run, serve
from supportcarr.kit.http.tls import follow_renewals, load_again, server_context
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability import error_reports, tracing
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.loop_lag import measure_loop_lag
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.metrics_server import serve_metrics
from supportcarr.kit.observability.timings import Timings, set_exemplars
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.city_clock import CityHeartbeat, city_clock, join_city
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.process import set_title, tune_gc
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing.lookup_keys import LookupKeys
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.realtime.app import RealtimeApp, build_realtime
from supportcarr.realtime.connection_shares import ConnectionShares
from supportcarr.supervisor import watchdog

log = structlog.get_logger(__name__)

LISTENING_S = 0.5  # Granian does not say when it listens: its thread begins with it
SOCKETS = 16_384  # WebSocket connections of one real-time process


@asynccontextmanager
async def open_container(settings: Settings, role: str) -> AsyncIterator[Container]:
    """A container with its store and Redis open; closed in order at the end."""
    if not settings.deployment.redis_url:
        raise SettingsError(
            "SUPPORTCARR_REDIS_URL is not set: a process needs the Redis that it shares with the others. "
            "`supportcarr up` and `supportcarr demo` start one."
        )
    async with AsyncExitStack() as closing:
        store = store_of(settings)
        await store.open()
        closing.push_async_callback(store.close)
        await store.data_keys.probe()
        await LookupKeys(store, settings.auth.lookup_secret).probe()
        # Only a simulated city has its own clock.
        local = settings.deployment.profile == "local"
        clock = await join_city(store, speed=settings.city.speed) if local else Clock()
        durable = await _redis(settings.deployment.redis_url, role, closing)
        cache = durable
        if settings.deployment.cache_url:
            cache = await _redis(settings.deployment.cache_url, role, closing)
        container = Container(
            settings,
            store,
            clock,
            RedisClients(durable, cache),
            durable_url=settings.deployment.redis_url,
            data_keys=store.data_keys,
        )
        closing.push_async_callback(container.close)
        await container.signing_keys.open()
        closing.push_async_callback(container.signing_keys.close)
        await container.revocations.open()
        closing.push_async_callback(container.revocations.close)
        container.session_activity.start()
        closing.push_async_callback(container.session_activity.close)
        yield container


async def _redis(url: str, role: str, closing: AsyncExitStack) -> RedisClient:
    """A client that is closed at the end.  A process starts even if Redis is unavailable."""
    client = await RedisClient(url, name=role).open(at_once=False)
    closing.push_async_callback(client.close)
    return client


@asynccontextmanager
async def _relaying(container: Container, drain_seconds: float) -> AsyncIterator[Relay]:
    """A relay for the events of this process's commits, drained at the end."""
    relay = Relay(container.store, container.consumers(), container.jobs)
    try:
        yield relay
    finally:
        await relay.drain(drain_seconds, retries=False)
        await relay.stop()


@asynccontextmanager
async def _metrics(settings: Settings, lifecycle: Lifecycle, role: str) -> AsyncIterator[Metrics]:
    """Metrics on the process's own port, opened first and closed last.

    Health checks are answered even while the process waits for a slow store.
    """
    metrics = Metrics(CATALOGUE)
    metrics.register_stats("tracing", tracing.stats)
    metrics.register_stats("error_reports", error_reports.stats)
    servers = settings.servers
    context = server_context(settings.tls)
    server = await serve_metrics(
        metrics.answer,
        servers.host,
        servers.metrics_port,
        lifecycle=lifecycle,
        tls=context,
    )
    following: asyncio.Task[None] | None = None
    if context is not None:
        renewed = partial(load_again, context, settings.tls)
        following = asyncio.create_task(follow_renewals(settings.tls, renewed), name="follow renewals")
    lag = Timings()
    metrics.register_timings("event_loop_lag_seconds", (), lambda: [((), lag)])
    metrics.register_values("supportcarr_build_info", ("version", "role"), lambda: [((__version__, role), 1)])
    measuring = asyncio.create_task(measure_loop_lag(lag), name="event loop lag")
    try:
        yield metrics
    finally:
        await cancel_and_wait(measuring, following)
        server.close()


async def _api(settings: Settings) -> None:
    lifecycle = Lifecycle()
    lifecycle.watch_signals()
    servers = settings.servers
    async with (
        _metrics(settings, lifecycle, "api") as metrics,
        open_container(settings, "api") as container,
        _relaying(container, servers.drain_seconds) as relay,
    ):
        process_metrics.of_api(metrics, container, relay)
        heartbeat = CityHeartbeat(container.store, container.clock)
        heartbeat.start()
        app = gateway_of(container, metrics, lifecycle)
        tune_gc()
        lifecycle.mark_ready()
        host, port, drain_s = servers.host, servers.port, servers.drain_seconds
        table = ConnectionTable(CONNECTIONS, settings.http.connections_per_address, app.client_of_peer)
        metrics.register_stats("http_connections", table.stats)
        await serve(
            app,
            host,
            port,
            drain_s,
            lifecycle=lifecycle,
            fast_path=app,
            table=table,
            tls=settings.tls,
            idle_seconds=servers.drain_idle_seconds,
            on_listening=watchdog.report_ready,
        )
        await heartbeat.stop()


def gateway_of(container: Container, metrics: Metrics, lifecycle: Lifecycle) -> gateway.Gateway:
    """The HTTP edge of a container."""
    settings = container.settings
    limiter = container.limiter
    metrics.register_stats(
        "rate_limits", lambda: {"fallbacks_total": limiter.fallbacks, "closed_total": limiter.closed}
    )
    return gateway.build(
        container.routes(),
        store=container.store,
        clock=container.clock,
        tokens=container.tokens,
        limiter=limiter,
        metrics=metrics,
        lifecycle=lifecycle,
        deployment=settings.deployment,
        http=settings.http,
        limits=settings.limits,
        secret=settings.auth.lookup_secret,
        checks={"store": container.store.ping},
        config=lambda: public_config(settings, container.clock.speed, public_streets(settings)),
        apps=app_folders(settings),
        redirects=page_redirects(settings),
        map_tiles=lambda: map_tiles(settings),
        access_log=logs.access_writer(settings.logs.level),
        **page_sources(settings, container.objects),
    )


def connection_shares(settings: Settings) -> ConnectionShares:
    """What one address or user may have of a real-time process."""
    local = settings.deployment.profile == "local"
    trusted = trusted_networks(settings.http.trusted_proxies, local=local)
    return ConnectionShares(settings.sockets, ClientAddresses(trusted))


async def _realtime(settings: Settings) -> None:
    lifecycle = Lifecycle()
    lifecycle.watch_signals()
    servers = settings.servers
    async with (
        _metrics(settings, lifecycle, "realtime") as metrics,
        open_container(settings, "realtime") as container,
    ):
        process_metrics.of_every_process(metrics, container)
        app = build_realtime(
            settings.deployment,
            settings.streams,
            container.tokens,
            container.streams,
            container.redis.cache,
            container.position_reports,
            area_ids(),
            lifecycle=lifecycle,
            metrics=metrics,
            shares=connection_shares(settings),
            clock=container.clock,
            line_writer=logs.access_writer(settings.logs.level),
        )
        tune_gc()
        lifecycle.mark_ready()
        reports = asyncio.create_task(_report_when_listening(app), name="report ready")
        await serve(
            app,
            servers.host,
            servers.realtime_port,
            servers.drain_seconds,
            lifecycle=lifecycle,
            websockets=True,
            connections=SOCKETS,
            tls=settings.tls,
        )
        reports.cancel()


async def _report_when_listening(app: RealtimeApp) -> None:
    """Tell the supervisor once sockets are accepted and no event is missed from then on."""
    await app.fan_out.listening.wait()
    await asyncio.sleep(LISTENING_S)
    watchdog.report_ready()


async def _worker(settings: Settings) -> None:
    lifecycle = Lifecycle()
    lifecycle.watch_signals()
    drain = settings.servers.drain_seconds
    async with (
        _metrics(settings, lifecycle, "worker") as metrics,
        open_container(settings, "worker") as container,
        _relaying(container, drain) as relay,
    ):
        heartbeat = CityHeartbeat(container.store, container.clock)
        deadlines = DeadlineRunner(container.store, container.clock, container.deadlines())
        scheduler = Scheduler(container.store, container.clock, container.periodic_tasks())
        worker = JobWorker(container.jobs, container.job_handlers(), settings.jobs)
        sampler = process_metrics.of_worker(metrics, container, relay, deadlines, scheduler, worker)
        relay.start_sweeping(settings.jobs.sweep_seconds)
        for runner in (heartbeat, deadlines, scheduler, worker, sampler):
            runner.start()
        tune_gc()
        lifecycle.mark_ready()
        watchdog.report_ready()
        await lifecycle.until_drained()
        await scheduler.stop()
        await deadlines.stop()
        await worker.close(drain)
        await sampler.stop()
        await heartbeat.stop()


def run_process(settings: Settings, role: str, main: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    refuse_insecure(settings)
    set_title(role)
    logs.configure(settings.logs)
    tracing.configure(settings.tracing, resource_of(settings, role))
    set_exemplars(tracing.current_trace_id if tracing.is_on() else None)
    error_reports.configure(
        settings.sentry,
        role=role,
        release=release_of(settings),
        environment=settings.deployment.profile,
        secret=settings.auth.lookup_secret,
    )
    try:
        run(watchdog.with_heartbeat(main(settings)))
    finally:
        error_reports.shut_down()
        tracing.shut_down()


def resource_of(settings: Settings, role: str) -> tracing.Attributes:
    """What traces say of a process, in OpenTelemetry's names."""
    return {
        "service.name": f"supportcarr-{role}",
        "service.version": release_of(settings),
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        "deployment.environment.name": settings.deployment.profile,
    }


def run_api(settings: Settings) -> None:
    run_process(settings, "api", _api)


def run_realtime(settings: Settings) -> None:
    run_process(settings, "realtime", _realtime)


def run_worker(settings: Settings) -> None:
    run_process(settings, "worker", _worker)


def run_seed(settings: Settings) -> None:
    refuse_insecure(settings)

    async def seeding() -> None:
        async with _store(settings) as store:
            for spec in SPECS:  # a complete store, so that ``check`` finds nothing missing
                store.collection(spec)
            await seed(settings, store)

    asyncio.run(seeding())


def run_add_operator(settings: Settings, role: str, operator: Operator, name: str) -> None:
    refuse_insecure(settings)

    async def adding() -> None:
        async with _store(settings) as store:
            for spec in SPECS:
                store.collection(spec)
            await add_operator(settings, store, role, operator, name)

    asyncio.run(adding())


def run_prepare(settings: Settings) -> None:
    """Prepare the store for the other processes: raises what would keep them from starting.

    In the local profile seeds it and starts the city's clock, or resumes it at the settings' speed.  In
    other profiles starting a platform must not create operators (``supportcarr seed`` does), and a store
    that is unavailable is no error: the processes are restarted until it is available.
    """

    async def preparing() -> None:
        local = settings.deployment.profile == "local"
        try:
            async with _store(settings) as store:
                await store.data_keys.probe()
                await LookupKeys(store, settings.auth.lookup_secret).probe()
                if local:
                    await seed(settings, store)
                    await city_clock(store, speed=settings.city.speed)
        except StoreUnavailable:
            if local:
                raise

    refuse_insecure(settings)
    logs.configure(settings.logs)
    asyncio.run(preparing())


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[SealingStore]:
    """The store of the settings, open."""
    store = store_of(settings)
    await store.open()
    try:
        yield store
    finally:
        await store.close()
