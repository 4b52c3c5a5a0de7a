"""What each kind of process exports to Prometheus; ``metric_catalogue`` says what it means."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from supportcarr.bootstrap.backups import backup_stats
from supportcarr.bootstrap.container import Container
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.sampler import Sampler, Values
from supportcarr.kit.redis.client import RedisClient

QUEUE = "jobs"  # the one queue that there is
# The store's figures that only grow.
_COUNTERS = frozenset(
    ("commits", "operations", "lock_wait_seconds", "truncations", "write_conflicts", "unavailable")
)


def of_every_process(metrics: Metrics, container: Container) -> None:
    """The store, Redis, sessions and keys."""
    metrics.register_stats("store", lambda: _store_stats(container.store.stats()))
    metrics.register_cache("documents", lambda: _store_cache(container.store.stats()))
    timings = container.store.timings.items
    metrics.register_timings("store_operation_duration_seconds", ("operation",), timings)
    metrics.register_values("redis_connected", ("use",), lambda: _connected(container))
    metrics.register_stats("redis", lambda: {"reconnects_total": container.redis.durable.reconnects})
    metrics.register_stats("data_keys", container.data_keys.stats)
    metrics.register_stats("revocation", container.revocations.stats)
    metrics.register_stats("signing_keys", container.signing_keys.stats)
    _register_cache(metrics, "sessions", "session_cache", container.session_activity.stats)
    _register_cache(metrics, "positions", "position_cache", container.tracking.position_stats)
    _register_cache(metrics, "areas", "area_cache", container.area_cache.stats)


def _of_writers(metrics: Metrics, container: Container, relay: Relay) -> None:
    """The outbox, and what is counted where events are saved."""
    of_every_process(metrics, container)
    metrics.register_stats("outbox", relay.stats)
    lag = relay.read_model_lag
    metrics.register_timings("read_model_lag_seconds", (), lambda: [((), lag)])
    searches = container.dispatch.searches
    metrics.register_timings("dispatch_tick_seconds", (), lambda: [((), searches)])
    container.business.register(metrics)
    metrics.register_stats("driver_checks", container.driver_checks.stats)
    metrics.register_stats("files", container.file_figures.stats)


def of_api(metrics: Metrics, container: Container, relay: Relay) -> None:
    _of_writers(metrics, container, relay)
    metrics.register_stats("stripe_webhooks", container.webhooks.stats)
    _register_cache(metrics, "coverage", "coverage_cache", container.coverage.stats)
    metrics.register_stats("guesses", container.guesses.stats)


def of_worker(
    metrics: Metrics,
    container: Container,
    relay: Relay,
    deadlines: DeadlineRunner,
    scheduler: Scheduler,
    worker: JobWorker,
) -> Sampler:
    """Also the state of the whole platform, which every worker reads; start the sampler that is returned."""
    _of_writers(metrics, container, relay)
    metrics.register_stats("deadlines", deadlines.stats)
    metrics.register_timings("deadline_lateness_seconds", ("collection",), deadlines.lateness.items)
    metrics.register_stats("periodic_tasks", scheduler.stats)
    metrics.register_timings("periodic_task_duration_seconds", ("task",), scheduler.timings.items)
    metrics.register_stats("jobs", worker.stats)
    metrics.register_timings("job_duration_seconds", ("job",), worker.timings.items)
    metrics.register_stats("sms", container.code_texts.stats)
    metrics.register_stats("push", container.push_delivery.stats)
    metrics.register_stats("backup", lambda: backup_stats(container.settings))
    metrics.register_stats("image_pool", container.image_pool.stats)
    return _sampler(metrics, container)


def _sampler(metrics: Metrics, container: Container) -> Sampler:
    """Figures of the platform that cost a query."""
    sampler = Sampler(metrics)
    jobs, operations = container.jobs, container.operations

    async def outbox_lag() -> Values:
        return [((), await container.store.outbox_age())]

    async def waiting() -> Values:
        return [((QUEUE,), await jobs.waiting())]

    async def oldest() -> Values:
        return [((QUEUE,), await jobs.oldest_waiting_s())]

    async def dead() -> Values:
        return [((QUEUE,), await jobs.count("dead"))]

    async def live_rescues() -> Values:
        return [((status,), count) for status, count in (await operations.live_counts()).items()]

    async def longest_wait() -> Values:
        return [((), await operations.longest_wait_s())]

    async def drivers() -> Values:
        counts = await operations.drivers_online()
        return [(("busy",), counts.busy), (("free",), counts.online - counts.busy)]

    async def verified() -> Values:
        states = await container.verifications.states()
        return [((name,), _unix(state.completed_at)) for name, state in states.items()]

    async def findings() -> Values:
        states = await container.verifications.states()
        return [((name,), state.findings) for name, state in states.items()]

    async def unresolved() -> Values:
        found = await container.unresolved_payments.by_status()
        return [((status,), one.number) for status, one in found.items()]

    async def oldest_unresolved() -> Values:
        found = await container.unresolved_payments.by_status()
        return [((status,), one.oldest_s) for status, one in found.items()]

    async def round_trips() -> Values:
        return [((use,), await _round_trip_s(client)) for use, client in _redis_clients(container)]

    sampler.add("outbox_lag_seconds", (), outbox_lag)
    sampler.add("jobs_waiting", ("queue",), waiting)
    sampler.add("jobs_lag_seconds", ("queue",), oldest)
    sampler.add("jobs_dead_letters", ("queue",), dead)
    sampler.add("rescues_live", ("status",), live_rescues)
    sampler.add("rescues_longest_wait_seconds", (), longest_wait)
    sampler.add("drivers_online", ("state",), drivers)
    sampler.add("verification_last_completed_timestamp_seconds", ("verified",), verified)
    sampler.add("verification_findings", ("verified",), findings)
    sampler.add("payments_unresolved", ("status",), unresolved)
    sampler.add("payments_oldest_unresolved_seconds", ("status",), oldest_unresolved)
    sampler.add("redis_round_trip_seconds", ("use",), round_trips)
    return sampler


def _register_cache(
    metrics: Metrics, cache: str, prefix: str, read: Callable[[], Mapping[str, float]]
) -> None:
    """A cache whose figures are ``hits_total``, ``misses_total``, and maybe others, which have *prefix*."""

    def looked_up() -> tuple[float, float]:
        stats = read()
        return stats["hits_total"], stats["misses_total"]

    metrics.register_cache(cache, looked_up)
    others = read().keys() - {"hits_total", "misses_total"}
    if others:
        metrics.register_stats(prefix, lambda: {name: read()[name] for name in sorted(others)})


def _store_stats(stats: Mapping[str, float]) -> dict[str, float]:
    return {
        f"{name}_total" if name in _COUNTERS else name: value
        for name, value in stats.items()
        if name not in ("cache_hits", "cache_misses")
    }


def _store_cache(stats: Mapping[str, float]) -> tuple[float, float]:
    return stats.get("cache_hits", 0), stats.get("cache_misses", 0)


def _unix(at: datetime | None) -> float:
    """The Unix time; 0 for never."""
    return at.timestamp() if at else 0.0


def _redis_clients(container: Container) -> list[tuple[str, RedisClient]]:
    """By what each is used for; often one server does both."""
    return [("durable", container.redis.durable), ("cache", container.redis.cache)]


def _connected(container: Container) -> Values:
    return [((use,), int(client.connected)) for use, client in _redis_clients(container)]


async def _round_trip_s(client: RedisClient) -> float:
    started = time.perf_counter()
    await client.call("PING")
    return time.perf_counter() - started
