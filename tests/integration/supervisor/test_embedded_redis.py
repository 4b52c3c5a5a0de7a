"""The embedded Redis: found, started, protected by a password, and ended with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from support.processes.python_process import runs
from supportcarr.kit.redis.client import RedisClient, RedisReplyError
from supportcarr.supervisor.embedded_redis import EmbeddedRedis


def test_the_password_is_not_in_the_arguments_and_the_title_contains_the_role(
    redis_server: EmbeddedRedis,
) -> None:
    assert redis_server.pid is not None
    process = psutil.Process(redis_server.pid)
    shown = " ".join(process.cmdline())
    assert redis_server.password not in shown
    assert shown.startswith("supportcarr: redis")  # the server pads it to the room it has


def test_redis_listens_on_loopback_only(redis_server: EmbeddedRedis) -> None:
    assert redis_server.pid is not None
    connections = psutil.Process(redis_server.pid).net_connections("inet")
    assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


async def test_a_wrong_password_is_refused_with_an_error(redis_server: EmbeddedRedis) -> None:
    with pytest.raises(RedisReplyError) as refused:
        await RedisClient(redis_server.url.replace(redis_server.password, "guess")).open()
    assert refused.value.code == "WRONGPASS"


async def test_a_restarted_redis_is_empty_and_has_the_same_address(own_redis_server: EmbeddedRedis) -> None:
    url = own_redis_server.url
    async with RedisClient(url, timeout=60) as client:
        await client.call("SET", "k", "v")
    own_redis_server.kill()
    own_redis_server.start()
    assert own_redis_server.url == url
    async with RedisClient(url, timeout=60) as client:
        assert await client.call("DBSIZE") == 0


def test_redis_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path\n"
            "from supportcarr.supervisor.embedded_redis import EmbeddedRedis\n"
            "server = EmbeddedRedis(Path(sys.argv[1])); server.start()\n"
            "print(server.pid, flush=True); time.sleep(600)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not runs(pid)
