"""A store that fails, is slow or is locked: requests fail in time, and the event loop is never blocked."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.faults import wait_until
from support.http.server import Client, Reply
from support.platform.in_process import Platform
from support.rescues.fixtures import RescueFactory, expect, quote_body


def is_unavailable(reply: Reply) -> bool:
    return (
        reply.status == 503 and reply.code in ("overloaded", "unavailable") and "retry-after" in reply.headers
    )


async def test_a_failing_store_is_reported_as_unavailable(platform: Platform, factory: RescueFactory) -> None:
    rider, _ = await factory.rider()
    anonymous = platform.anonymous()
    platform.faults.store.fails = True
    assert is_unavailable(await rider.get("/me"))
    assert is_unavailable(await rider.get("/rescues"))
    assert is_unavailable(await rider.post("/quotes", quote_body()))
    assert is_unavailable(
        await anonymous.post("/auth/sign-in", {"phone": "+15145550142", "password": "12345678"})
    )
    assert (await anonymous.get("//healthz")).status == 200
    async with platform.api.session.get(f"{platform.api.url}/readyz") as readyz:
        assert (readyz.status, (await readyz.json())["not_ready"]) == (503, ["store"])
    platform.faults.restore()
    assert (await rider.get("/me")).status == 200
    assert (await rider.post("/quotes", quote_body())).status == 201
    async with platform.api.session.get(f"{platform.api.url}/readyz") as readyz:
        assert readyz.status == 200


async def test_a_hanging_store_delays_a_request_only_to_its_time_out(platform: Platform) -> None:
    people = [await platform.person("rider") for _ in range(3)]
    platform.faults.store.delay_before_s = 30.0
    began = time.monotonic()
    hanging = [asyncio.create_task(people[n % 3].get("/me")) for n in range(60)]
    assert (await platform.anonymous().get("/clock")).status == 200  # needs no store
    replies = [await task for task in hanging]
    assert all(map(is_unavailable, replies))
    assert time.monotonic() - began < 80  # concurrently, not one after the other
    platform.faults.restore()
    assert [(await person.get("/me")).status for person in people] == [200, 200, 200]


async def test_a_request_that_timed_out_can_be_repeated(platform: Platform, factory: RescueFactory) -> None:
    rider, card = await factory.rider()
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    body = {"quote_id": quote["id"], "payment_method_id": card}
    platform.faults.store.delay_after_s = 30.0  # each write takes effect, but its result comes too late
    cut_off = await rider.post("/rescues", body, key="my-rescue")
    assert (cut_off.status, cut_off.code) == (503, "overloaded")
    platform.faults.restore()
    rescue = expect(await rider.post("/rescues", body, key="my-rescue"), 201)
    again = expect(await rider.post("/rescues", body, key="my-rescue"), 201)
    assert again["id"] == rescue["id"]
    assert [one["id"] for one in expect(await rider.get("/rescues"), 200)["items"]] == [rescue["id"]]
    await platform.settle()
    assert len(await platform.emulator.intents()) == 1


@contextmanager
def lock_held(path: Path) -> Iterator[None]:
    """Another process that hangs while it holds the write lock."""
    lock = os.open(f"{path}.room", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def foreign_transaction(path: Path) -> Iterator[None]:
    """A write transaction of another program that is left open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def _reads_while_writes_wait(rider: Client) -> int:
    """How many reads succeed until twenty concurrent writes have failed."""
    reads = 0
    async with asyncio.timeout(90):
        writing = [asyncio.create_task(rider.post("/quotes", quote_body())) for _ in range(20)]
        while not all(task.done() for task in writing):
            assert (await rider.get("/me")).status == 200
            reads += 1
        assert all([is_unavailable(await task) for task in writing])
    return reads


@pytest.mark.parametrize("locked", [lock_held, foreign_transaction])
async def test_a_locked_file_fails_writes_in_time_and_does_not_block_reads(
    platform: Platform, tmp_path: Path, locked: Any
) -> None:
    rider = await platform.person("rider")
    reads = 0
    with locked(tmp_path / "store.sqlite3"):
        for _ in range(8):  # a machine that is busy with something else is no fault
            reads = await _reads_while_writes_wait(rider)
            if reads > 10:  # a blocked event loop would serve one or two
                break
    assert reads > 10

    async def writes() -> bool:
        return (await rider.post("/quotes", quote_body())).status == 201

    await wait_until(writes)
