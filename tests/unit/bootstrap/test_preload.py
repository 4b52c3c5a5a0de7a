"""What the fork server loads may be forked safely, and is all that its processes need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

_PRELOADED = """
import asyncio, json, sys, threading
import psutil
from supportcarr.bootstrap.preload import preload
from supportcarr.bootstrap.settings import load_settings
settings = load_settings(dotenv=None)
preload(settings)
process = psutil.Process()
held = {
    "python_threads": threading.active_count(),
    "threads": process.num_threads(),
    "connections": len(process.net_connections("all")),
    "files": [file.path for file in process.open_files()],
    "children": len(process.children()),
    "event_loop": asyncio.get_event_loop_policy()._local._loop is not None,
}
before = set(sys.modules)

async def build():
    from supportcarr.bootstrap.container import Container
    from supportcarr.bootstrap.parts.core import RedisClients
    from supportcarr.bootstrap.processes import gateway_of
    from supportcarr.bootstrap.stores import store_of
    from supportcarr.kit.http.lifecycle import Lifecycle
    from supportcarr.kit.observability.metrics import Metrics
    from supportcarr.kit.redis.client import RedisClient
    from supportcarr.kit.runtime.clock import Clock
    url = "redis://127.0.0.1:1"
    redis = RedisClient(url)
    store = store_of(settings)
    container = Container(
        settings, store, Clock(), RedisClients(redis, redis), durable_url=url, data_keys=store.data_keys
    )
    gateway_of(container, Metrics(), Lifecycle())
    container.consumers(), container.deadlines(), container.periodic_tasks(), container.job_handlers()

asyncio.run(build())
print(json.dumps({"held": held, "imported_later": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process holds after ``preload``, and what it imports later to build its objects."""
    environment = os.environ | {"SUPPORTCARR_DATA": str(tmp_path_factory.mktemp("data"))}
    said = subprocess.run(
        [sys.executable, "-c", _PRELOADED], env=environment, capture_output=True, check=True
    ).stdout
    told: dict[str, Any] = json.loads(said)
    return told


def test_a_preloaded_process_has_no_thread_event_loop_or_connection(preloaded: dict[str, Any]) -> None:
    assert preloaded["held"] == {
        "python_threads": 1,
        "threads": 1,
        "connections": 0,
        "files": [],
        "children": 0,
        "event_loop": False,
    }


def test_a_forked_process_imports_nothing_more(preloaded: dict[str, Any]) -> None:
    assert preloaded["imported_later"] == []


@pytest.mark.parametrize("module", ["supportcarr.bootstrap.platform", "supportcarr_lab.demo.command"])
def test_the_supervisor_loads_nothing_that_only_its_processes_need(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"aiohttp", "bullmq", "cryptography", "redis", "socketio", "sqlite3", "stripe", "uvicorn"}
    assert heavy & set(loaded.split()) == set()
    assert "supportcarr.bootstrap.container" not in loaded.split()
