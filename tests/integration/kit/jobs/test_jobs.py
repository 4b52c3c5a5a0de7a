"""Jobs with a real Redis and a real store: done once, retried, and recovered after any loss."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest
from msgspec.structs import replace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from support.processes.python_process import python
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import UserSignedUp
from supportcarr.kit.events.consumer import Consumer, Phase, job_handlers_of
from supportcarr.kit.jobs.declarations import JobHandler
from supportcarr.kit.jobs.service import KEEP_DONE, Job, Jobs, State
from supportcarr.kit.jobs.settings import JobSettings
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability import tracing
from supportcarr.kit.observability.settings import TracingSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

SETTINGS = JobSettings(attempts=3, sweep_seconds=0.2)
Handle = Callable[[bytes], Awaitable[None]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def jobs(
    store: SqliteStore, clock: Clock, redis: RedisClient, redis_server: EmbeddedRedis
) -> AsyncIterator[Jobs]:
    opened = Jobs(store, clock, redis_server.url)
    yield opened
    await opened.close()


@asynccontextmanager
async def working(
    jobs: Jobs, settings: JobSettings = SETTINGS, **handlers: Handle
) -> AsyncIterator[JobWorker]:
    named = [JobHandler(name, handle) for name, handle in handlers.items()]
    worker = JobWorker(jobs, named, settings, jitter=lambda: 0.0)
    worker.start()
    yield worker
    await worker.close(60)


async def stored(jobs: Jobs, id: str) -> Job:
    job = await jobs.documents.get(id)
    assert job is not None
    return job


async def became(jobs: Jobs, id: str, state: str) -> Job:
    while (job := await stored(jobs, id)).state != state:
        await asyncio.sleep(0.01)
    return job


async def no_job(payload: bytes) -> None:
    raise AssertionError("this job must not run")


async def test_a_job_added_several_times_is_done_once(jobs: Jobs) -> None:
    ran: Counter[bytes] = Counter()

    async def note(payload: bytes) -> None:
        ran[payload] += 1

    async with working(jobs, note=note), working(jobs, note=note):
        for _ in range(3):
            await asyncio.gather(*(jobs.add("note", f"event.{n}", b'{"n":%d}' % n) for n in range(20)))
        for n in range(20):
            await became(jobs, f"event.{n}:note", "done")
        await jobs.add("note", "event.0", b'{"n":0}')  # as a relay would after a crash
        await asyncio.sleep(0.3)  # time for a sweep
    assert ran == {b'{"n":%d}' % n: 1 for n in range(20)}


async def test_an_idle_worker_calls_redis_a_few_times_for_a_job(jobs: Jobs, redis: RedisClient) -> None:
    """Not once for each job that it may run at a time."""

    async def script_calls() -> int:
        stats = await redis.call("INFO", "commandstats", decode=True)
        line = next((line for line in stats.splitlines() if line.startswith("cmdstat_evalsha:")), "=0,")
        return int(line.partition("=")[2].partition(",")[0])

    async def note(payload: bytes) -> None:
        pass

    async with working(jobs, JobSettings(sweep_seconds=60), note=note):
        await jobs.add("note", "first", b"{}")
        await became(jobs, "first:note", "done")
        await asyncio.sleep(0.2)  # until it waits again
        before = await script_calls()
        for n in range(10):
            await jobs.add("note", f"event.{n}", b"{}")
            await became(jobs, f"event.{n}:note", "done")
            await asyncio.sleep(0.02)
        assert await script_calls() - before < 10 * 7


async def test_a_job_waits_until_its_run_time(jobs: Jobs, clock: Clock) -> None:
    began: list[float] = []

    async def note(payload: bytes) -> None:
        began.append(clock.wall().timestamp())

    async with working(jobs, note=note):
        at = clock.wall() + timedelta(seconds=0.6)
        await jobs.add("note", "later", b"{}", run_at=at)
        await became(jobs, "later:note", "done")
    assert began[0] >= at.timestamp()


async def test_a_failed_job_is_retried(jobs: Jobs) -> None:
    tries = 0

    async def succeed_third_time(payload: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionError("no reply")

    async with working(jobs, succeed_third_time=succeed_third_time) as worker:
        await jobs.add("succeed_third_time", "k", b"{}")
        job = await became(jobs, "k:succeed_third_time", "done")
    assert tries == 3
    assert (job.attempts, job.last_error) == (2, "ConnectionError: no reply")
    assert worker.stats() == {"done_total": 1, "failures_total": 2, "dead_total": 0}


async def test_retry_later_is_not_limited_by_attempts(jobs: Jobs) -> None:
    tries = 0

    async def retry_later(payload: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries < 6:
            raise RetryLater(0.02, "not yet")

    async with working(jobs, retry_later=retry_later):
        await jobs.add("retry_later", "k", b"{}")
        job = await became(jobs, "k:retry_later", "done")
    assert (tries, job.attempts) == (6, 0)


async def test_a_dead_letter_keeps_its_error_and_can_be_replayed(jobs: Jobs) -> None:
    works = False

    async def flaky(payload: bytes) -> None:
        if not works:
            raise ValueError("not today")

    async with working(jobs, flaky=flaky):
        await jobs.add("flaky", "k", b"{}")
        dead = await became(jobs, "k:flaky", "dead")
        assert (dead.attempts, dead.last_error) == (3, "ValueError: not today")
        assert await jobs.dead() == [dead]
        assert not await jobs.replay("missing:flaky")
        works = True
        assert await jobs.replay("k:flaky")
        job = await became(jobs, "k:flaky", "done")
        assert job.attempts == 0
        assert not await jobs.replay("k:flaky")
        assert await jobs.dead() == []


async def test_a_job_without_a_handler_is_kept_for_replay(jobs: Jobs) -> None:
    async with working(jobs, JobSettings(attempts=1)):
        await jobs.add("unknown", "k", b"{}")
        job = await became(jobs, "k:unknown", "dead")
    assert job.last_error == "UnknownJob: no handler is named unknown"


async def test_jobs_lost_by_a_wiped_redis_are_queued_again(jobs: Jobs, redis: RedisClient) -> None:
    ran: Counter[bytes] = Counter()

    async def note(payload: bytes) -> None:
        ran[payload] += 1

    for n in range(10):
        await jobs.add("note", f"k{n}", b'"%d"' % n)
    await jobs._queue.flush()
    await redis.call("FLUSHALL")
    async with working(jobs, note=note):
        for n in range(5):
            await became(jobs, f"k{n}:note", "done")
        await redis.call("FLUSHALL")  # and again while the worker waits
        await jobs.add("note", "k10", b'"10"')
        for n in range(11):
            await became(jobs, f"k{n}:note", "done")
    assert ran == {b'"%d"' % n: 1 for n in range(11)}


async def test_jobs_are_accepted_and_done_after_redis_restarts(
    store: SqliteStore, clock: Clock, own_redis_server: EmbeddedRedis
) -> None:
    ran: Counter[bytes] = Counter()

    async def note(payload: bytes) -> None:
        ran[payload] += 1

    jobs = Jobs(store, clock, own_redis_server.url)
    async with working(jobs, note=note):
        await jobs.add("note", "before", b'"before"')
        await became(jobs, "before:note", "done")
        own_redis_server.kill()
        await jobs.add("note", "without", b'"without"')
        await jobs._queue.flush()
        own_redis_server.start()
        await jobs.add("note", "after", b'"after"')
        await became(jobs, "without:note", "done")
        await became(jobs, "after:note", "done")
    await jobs.close()
    assert ran == {b'"before"': 1, b'"without"': 1, b'"after"': 1}


async def test_without_redis_jobs_are_done_by_the_sweep(
    store: SqliteStore, clock: Clock, own_redis_server: EmbeddedRedis
) -> None:
    jobs = Jobs(store, clock, own_redis_server.url)
    ran: Counter[bytes] = Counter()
    tries = 0

    async def note(payload: bytes) -> None:
        ran[payload] += 1

    async def fail_first(payload: bytes) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("broken")

    own_redis_server.kill()
    async with working(jobs, JobSettings(attempts=3, sweep_seconds=0.2, concurrency=4), t=note, f=fail_first):
        await asyncio.gather(*(jobs.add("t", f"k{n}", b"%d" % n) for n in range(30)))
        await jobs.add("f", "k", b"")
        await became(jobs, "k:f", "done")
        while await jobs.count("done") < 31:
            await asyncio.sleep(0.01)
        assert set(ran.values()) == {1}
        own_redis_server.start()
        await jobs.add("t", "after", b"after")
        await became(jobs, "after:t", "done")
        assert ran[b"after"] == 1
    await jobs.close()


async def test_a_long_job_keeps_its_claim(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 3.0  # a machine must be busier than that to lose a claim
    monkeypatch.setattr("supportcarr.kit.jobs.worker.CLAIM_SECONDS", seconds)
    ran = 0

    async def long(payload: bytes) -> None:
        nonlocal ran
        ran += 1
        await asyncio.sleep(seconds + 1)  # beyond the first claim, and a sweep

    async with working(jobs, long=long), working(jobs, long=long):
        await jobs.add("long", "k", b"{}")
        job = await became(jobs, "k:long", "done")
    assert (ran, job.attempts) == (1, 0)


async def test_a_worker_that_lost_its_claim_stops_and_writes_nothing(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.jobs.worker.CLAIM_SECONDS", 0.4)
    began, stopped = asyncio.Event(), asyncio.Event()

    async def long(payload: bytes) -> None:
        began.set()
        try:
            await asyncio.sleep(30)
        finally:
            stopped.set()

    async with working(jobs, JobSettings(sweep_seconds=60), long=long):
        await jobs.add("long", "k", b"{}")
        await began.wait()
        while True:  # another worker claims it, as if this process had been suspended
            job = await stored(jobs, "k:long")
            try:
                await jobs.documents.save(replace(job, last_error="claimed"))
                break
            except Exception:
                continue
        await stopped.wait()
        assert (await stored(jobs, "k:long")).last_error == "claimed"


async def test_a_killed_workers_job_is_run_by_another(
    store: SqliteStore, jobs: Jobs, redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    written = tmp_path / "pid"
    arguments = str(tmp_path / "store.sqlite3"), redis_server.url, str(written)
    async with python("support.processes.job_process", *arguments) as process:
        await jobs.add("slow", "k", b"{}")
        while not (written.exists() and written.read_text()):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        assert int(written.read_text()) == process.pid
        process.send_signal(signal.SIGKILL)
        await process.wait()
    ran = 0

    async def quick(payload: bytes) -> None:
        nonlocal ran
        ran += 1

    async with working(jobs, slow=quick):
        job = await became(jobs, "k:slow", "done")
    assert ran == 1
    assert (job.attempts, job.last_error) == (1, "WorkerDied: its process ended while it ran")


async def test_a_job_that_repeatedly_kills_its_process_is_a_dead_letter(jobs: Jobs, clock: Clock) -> None:
    await jobs.documents.insert(
        Job(id="k:bomb", name="bomb", payload="{}", run_at=clock.wall(), running=True, attempts=2)
    )
    async with working(jobs, bomb=no_job):
        job = await became(jobs, "k:bomb", "dead")
    assert job.last_error == "WorkerDied: its process ended while it ran"


async def test_a_job_that_asks_to_be_tried_later_has_not_failed_in_its_trace(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "SHUT_DOWN_SECONDS", 60.0)  # a busy machine exports the last spans too
    exporter = InMemorySpanExporter()
    tracing.configure(TracingSettings(endpoint="http://127.0.0.1:9"), {}, exporter=exporter)
    asked: list[bytes] = []

    async def twice(payload: bytes) -> None:
        asked.append(payload)
        if len(asked) == 1:
            raise RetryLater(0.01, "not yet")

    request = tracing.begin_request("POST /x", True, {})
    assert request is not None
    try:
        async with working(jobs, twice=twice):
            await jobs.add("twice", "k", b"{}")
            await became(jobs, "k:twice", "done")
    finally:
        request.end()
        tracing.leave()
        tracing.shut_down()
    runs = [span for span in exporter.get_finished_spans() if span.name == "job twice"]
    assert [span.status.status_code for span in runs] == [StatusCode.UNSET] * 2
    assert ["supportcarr.retry_after_s" in (span.attributes or {}) for span in runs] == [True, False]


async def test_closing_waits_for_running_jobs(jobs: Jobs) -> None:
    began = asyncio.Event()

    async def short(payload: bytes) -> None:
        began.set()
        await asyncio.sleep(0.2)

    async with working(jobs, short=short):
        await jobs.add("short", "k", b"{}")
        await began.wait()
    assert (await stored(jobs, "k:short")).state == "done"


async def test_old_finished_jobs_are_deleted(jobs: Jobs, clock: Clock) -> None:
    old = clock.wall() - KEEP_DONE - timedelta(seconds=1)
    for name, state, at in (("a", "done", old), ("b", "done", clock.wall()), ("c", "dead", old)):
        await jobs.documents.insert(
            Job(id=f"{name}:x", name="x", payload="{}", run_at=at, state=cast("State", state))
        )
    assert await jobs.clean() == 1
    assert sorted(await jobs.documents.get_many(["a:x", "b:x", "c:x"])) == ["b:x", "c:x"]


async def test_one_clean_deletes_more_than_one_page(jobs: Jobs, clock: Clock) -> None:
    old = clock.wall() - KEEP_DONE - timedelta(seconds=1)
    many = [Job(id=f"{n}:x", name="x", payload="{}", run_at=old, state="done") for n in range(1100)]
    await jobs.documents.insert_many(many)
    assert await jobs.clean() == 1100
    assert await jobs.count("done") == 0


async def test_the_job_of_a_slow_consumer_carries_the_event(jobs: Jobs, clock: Clock) -> None:
    event = EventEnvelope(
        id="usr_1.1.0",
        collection="users",
        document_id="usr_1",
        document_version=1,
        at=clock.city(),
        actor=SYSTEM,
        event=UserSignedUp(user_id="usr_1", role="rider"),
    )
    received: list[EventEnvelope] = []

    async def receive(event: EventEnvelope) -> None:
        received.append(event)

    slow = Consumer("riders.greet", (UserSignedUp,), receive, Phase.REACTION, slow=True)
    quick = Consumer("riders.count", (UserSignedUp,), receive, Phase.REACTION)
    (handler,) = job_handlers_of([slow, quick])
    async with working(jobs, SETTINGS, **{handler.name: handler.handle}):
        await jobs.add("riders.greet", event.id, msgspec.json.encode(event))
        await became(jobs, "usr_1.1.0:riders.greet", "done")
    assert received == [event]


def test_two_handlers_with_the_same_name_are_refused(jobs: Jobs) -> None:
    with pytest.raises(ValueError, match="share the name"):
        JobWorker(jobs, [JobHandler("x", no_job), JobHandler("x", no_job)], SETTINGS)
