"""Jobs in real worker processes with a real queue: a job whose worker is killed twice is still completed, and
dead letters can be listed and replayed with the command."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.crash.cli import output_of, supportcarr
from support.crash.deployment import Deployment
from support.crash.life import populate, requested
from support.crash.scenario import intents
from support.crash.world import World, open_world
from support.payments.world import Emulator, running_emulator
from supportcarr.kit.jobs.service import Job
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

FAST_SWEEPS = {"JOBS_SWEEP_SECONDS": "0.2"}
TIMEOUT_S = 120.0


@pytest.fixture
async def pending_hold(
    tmp_path: Path, store_url: str, own_redis_server: EmbeddedRedis
) -> AsyncIterator[tuple[World, Emulator]]:
    """A rescue was requested; Stripe will hold its card without answering.  No worker runs yet."""
    async with running_emulator(tmp_path) as emulator:
        deployment = Deployment(
            folder=str(tmp_path),
            store_url=store_url,
            redis_url=own_redis_server.url,
            stripe_url=emulator.base,
            start_time=time.time() - 20,
        )
        async with open_world(deployment) as world:
            await populate(world)
            await requested(world)
            await emulator.set_behaviour(timeout_next=100)
            yield world, emulator


async def only_job(world: World) -> Job:
    found = (await world.container.jobs.documents.find()).items
    [job] = [one for one in found if one.name.startswith("payments.")]
    return job


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not await happened():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def worker(world: World, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    async with supportcarr(world.deployment, "worker", **FAST_SWEEPS, **settings) as process:
        yield process


async def kill_during_job(world: World, **settings: str) -> None:
    """Start a worker and kill it while it waits for Stripe and runs no other job, which would die too."""
    before = (await only_job(world)).version

    async def is_running() -> bool:
        job = await only_job(world)
        jobs = (await world.container.jobs.documents.find()).items
        alone = all(one.id == job.id or one.state != "ready" for one in jobs)
        return job.running and job.version > before and alone

    async with worker(world, **settings) as process:
        await until(is_running)
        await asyncio.sleep(0.3)  # it has sent the request or is about to; both cases must work
        process.kill()
        await process.wait()


async def test_job_completes_after_two_killed_workers(
    pending_hold: tuple[World, Emulator],
) -> None:
    world, emulator = pending_hold
    await kill_during_job(world)
    await kill_during_job(world)
    await emulator.set_behaviour(timeout_next=0)

    async def done() -> bool:
        return (await only_job(world)).state == "done"

    async def matched() -> bool:
        return (await world.rescue()).status == "matching"

    async with worker(world):
        await until(done)
        await until(matched)
    job = await only_job(world)
    assert (job.attempts, job.last_error) == (2, "WorkerDied: its process ended while it ran")
    assert [line["status"] for line in await intents(world)] == ["requires_capture"]


async def test_command_lists_and_replays_a_dead_letter(pending_hold: tuple[World, Emulator]) -> None:
    world, emulator = pending_hold
    await kill_during_job(world, JOBS_ATTEMPTS="1")

    async def state_is(state: str) -> bool:
        return (await only_job(world)).state == state

    async with worker(world, JOBS_ATTEMPTS="1"):
        await until(lambda: state_is("dead"))
        await emulator.set_behaviour(timeout_next=0)
        lines = (await output_of(world.deployment, "jobs", "list")).splitlines()
        [letter] = [json.loads(line) for line in lines]
        assert letter["name"] == "payments.hold"
        assert letter["last_error"] == "WorkerDied: its process ended while it ran"

        assert "no dead letter" in await output_of(world.deployment, "jobs", "replay", "none:payments.hold")
        assert "will run again" in await output_of(world.deployment, "jobs", "replay", letter["id"])
        await until(lambda: state_is("done"))
        assert await output_of(world.deployment, "jobs", "list") == ""
    assert [line["status"] for line in await intents(world)] == ["requires_capture"]
