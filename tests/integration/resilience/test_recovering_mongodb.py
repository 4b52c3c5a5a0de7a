"""A MongoDB that is in recovery, under the whole platform: 503, nothing logged per round, over at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from support.faults import wait_until
from support.http.server import Reply
from support.mongo.wire import MongoWire, failure
from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import RescueFactory, expect, quote_body
from supportcarr.kit.jobs import bullmq
from supportcarr.kit.jobs.deadlines import DeadlineRunner
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.runtime.city_clock import CityHeartbeat, city_clock
from supportcarr.kit.store.mongo.engine import MongoStore

pytestmark = pytest.mark.xdist_group("mongodb")

RECOVERING = failure(57_003, message="the database system is not yet accepting connections")
ROUNDS = 3  # of each background task, while the store is away


@pytest.fixture
async def wire(mongodb: str) -> AsyncIterator[MongoWire]:
    async with MongoWire(mongodb) as proxy:
        yield proxy


@pytest.fixture
async def store(wire: MongoWire) -> AsyncIterator[MongoStore]:
    opened = MongoStore(wire.url, timeout_s=5)
    opened.outage.quiet_s = 0.0
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def patient_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for seconds costs no job its lock and no call its time: each is logged."""
    monkeypatch.setitem(bullmq.WORKER_OPTIONS, "lockDuration", 60_000)
    monkeypatch.setattr(bullmq, "_CALL_TIMEOUT_S", 60.0)
    monkeypatch.setattr(bullmq, "_BLOCKING_TIMEOUT_S", 120.0)


@pytest.fixture
async def platform(tmp_path: Path, store: MongoStore, patient_queue: None) -> AsyncIterator[Platform]:
    """A platform with everything that a worker runs."""
    async with (
        running_platform(tmp_path, store=store, JOBS_SWEEP_SECONDS="0.1") as running,
        AsyncExitStack() as closing,
    ):
        running.contract.under_faults = True
        container = running.container
        running.relay.start_sweeping(0.1)
        await city_clock(container.store, speed=1.0)
        for runner in (
            CityHeartbeat(container.store, container.clock),
            DeadlineRunner(container.store, container.clock, container.deadlines(), every_s=0.05),
            Scheduler(container.store, container.clock, container.periodic_tasks()),
        ):
            runner.start()
            closing.push_async_callback(runner.stop)
        yield running


def is_unavailable(reply: Reply) -> bool:
    return (reply.status, reply.code, reply.headers.get("retry-after")) == (503, "unavailable", "1")


def unexpected(logs: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    """Lines that an operator would have to read."""
    return [line for line in logs if line["log_level"] in ("warning", "error", "critical")]


async def test_a_server_in_recovery_is_unavailable_everywhere_and_logged_once(
    platform: Platform, wire: MongoWire, store: MongoStore
) -> None:
    rider, card = await RescueFactory(platform).rider()
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    request = {"quote_id": quote["id"], "payment_method_id": card}
    store.outage.quiet_s = 3.0  # while anything fails it fails more often than that, also on a busy machine
    with capture_logs() as logs:
        expect(await rider.post("/rescues", request, key="mine"), 201)  # its events and jobs meet the outage
        wire.failing = RECOVERING
        assert is_unavailable(await rider.get("/me"))
        assert is_unavailable(await rider.get("/rescues"))
        assert is_unavailable(await rider.post("/quotes", quote_body()))
        assert is_unavailable(await rider.post("/rescues", request, key="mine"))
        polls = len(wire.named("find"))
        await wait_until(lambda: len(wire.named("find")) > polls + ROUNDS * 100)
        assert [line["event"] for line in unexpected(logs)] == ["store_failed"]
        assert "not yet accepting connections" in unexpected(logs)[0]["error"]
        wire.failing = None
        again = expect(await rider.post("/rescues", request, key="mine"), 201)
        await platform.settle()
        assert expect(await rider.get(f"/rescues/{again['id']}"), 200)["status"] != "requested"
        await wait_until(lambda: not store.outage.active)
    assert [line["event"] for line in unexpected(logs)] == ["store_failed"]
    assert [line["event"] for line in logs].count("store_recovered") == 1
