"""Jobs in real workers with a real queue: killed twice in the middle they are not failed, and those that
failed too often can be seen and replayed by the command."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.crash.cli import said_by, supportcarr
from support.crash.deployment import Place
from support.crash.life import populate, requested
from support.crash.scenario import intents
from support.crash.world import World, opened
from support.payments.world import Emulator, running_emulator
from supportcarr.kit.jobs.service import Job
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

QUICK_LOOKS = {"JOBS_SWEEP_SECONDS": "0.2"}
PATIENCE_S = 60.0


@pytest.fixture
async def held_up(
    tmp_path: Path, store_url: str, own_redis_server: EmbeddedRedis
) -> AsyncIterator[tuple[World, Emulator]]:
    """A rescue was asked for; Stripe will hold its card and never say so.  Nobody works yet."""
    async with running_emulator(tmp_path) as emulator:
        place = Place(
            folder=str(tmp_path),
            store_url=store_url,
            redis_url=own_redis_server.url,
            stripe_url=emulator.base,
            starts=time.time() - 20,
        )
        async with opened(place) as world:
            await populate(world)
            await requested(world)
            await emulator.set_behaviour(timeout_next=100)
            yield world, emulator


async def the_job(world: World) -> Job:
    [job] = (await world.container.jobs.documents.find()).items
    return job


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await happened():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def worker(world: World, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    async with supportcarr(world.place, "worker", **QUICK_LOOKS, **settings) as process:
        yield process


async def kill_in_the_middle(world: World, **settings: str) -> None:
    """Start a worker and kill it while it waits for Stripe."""
    before = (await the_job(world)).version

    async def at_work() -> bool:
        job = await the_job(world)
        return job.running and job.version > before

    async with worker(world, **settings) as process:
        await until(at_work)
        await asyncio.sleep(0.3)  # it is in the request, or about to be: both must do
        process.kill()
        await process.wait()


async def test_a_job_that_was_killed_twice_in_the_middle_is_not_failed(
    held_up: tuple[World, Emulator],
) -> None:
    world, emulator = held_up
    await kill_in_the_middle(world)
    await kill_in_the_middle(world)
    await emulator.set_behaviour(timeout_next=0)

    async def done() -> bool:
        return (await the_job(world)).state == "done"

    async def matched() -> bool:
        return (await world.rescue()).status == "matching"

    async with worker(world):
        await until(done)
        await until(matched)
    job = await the_job(world)
    assert (job.attempts, job.last_error) == (2, "WorkerDied: its process ended while it ran")
    assert [line["status"] for line in await intents(world)] == ["requires_capture"]


async def test_a_dead_letter_is_listed_and_replayed_by_the_command(held_up: tuple[World, Emulator]) -> None:
    world, emulator = held_up
    await kill_in_the_middle(world, JOBS_ATTEMPTS="1")

    async def state_is(state: str) -> bool:
        return (await the_job(world)).state == state

    async with worker(world, JOBS_ATTEMPTS="1"):
        await until(lambda: state_is("dead"))
        await emulator.set_behaviour(timeout_next=0)
        lines = (await said_by(world.place, "jobs", "list")).splitlines()
        [letter] = [json.loads(line) for line in lines]
        assert letter["name"] == "payments.hold"
        assert letter["last_error"] == "WorkerDied: its process ended while it ran"

        assert "no dead letter" in await said_by(world.place, "jobs", "replay", "nobody:payments.hold")
        assert "will run again" in await said_by(world.place, "jobs", "replay", letter["id"])
        await until(lambda: state_is("done"))
        assert await said_by(world.place, "jobs", "list") == ""
    assert [line["status"] for line in await intents(world)] == ["requires_capture"]
