"""The names of BullMQ that ``kit.jobs.bullmq`` relies on exist in the installed version."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from bullmq import Queue, Worker
from bullmq import worker as worker_module
from bullmq.redis_connection import RedisConnection

from supportcarr.kit.jobs.bullmq import WORKER_OPTIONS


@pytest.mark.parametrize("name", WORKER_OPTIONS)
def test_the_worker_reads_each_option_by_its_name(name: str) -> None:
    assert f'"{name}"' in inspect.getsource(worker_module)


async def test_a_worker_has_two_connections_that_report_the_servers_version() -> None:
    async def process(job: Any, token: str) -> None:
        raise AssertionError("nothing is processed here")

    options = {"connection": "redis://127.0.0.1:1", "prefix": "{test}", **WORKER_OPTIONS}
    worker = Worker("test", process, options)
    for connection in (worker.backend.connection, worker.backend.blocking_connection):
        assert isinstance(connection, RedisConnection)
        assert inspect.iscoroutinefunction(connection.getRedisVersion)
    await worker.close(force=True)


def test_the_methods_that_are_called_exist() -> None:
    assert inspect.iscoroutinefunction(Queue.addBulk)
    assert {"run", "close", "on"} <= set(dir(Worker))
    assert inspect.iscoroutinefunction(Worker.getNextJob)
    assert list(inspect.signature(Worker.getNextJob).parameters) == ["self", "token"]
    assert "self.closing = True" in inspect.getsource(Worker.close)
