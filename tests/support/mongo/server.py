"""A MongoDB for the tests: the best that this machine has, started once a session when first needed.

In this order: the server at ``MONGODB_URL``; a ``mongod`` on the path; Docker's ``mongo:7``; and
mongo-java-server, which ``scripts/setup mongo`` builds.  The last proves what operations mean and how
races end, not durability or plans (``docs/adr/0015-mongodb-through-pymongo.md``).  With none of them the
tests that need one are skipped, with the reason.  The end of a session's output says what ran on what.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from pymongo import MongoClient
from rig.mongo import wait_for

from support.store.engines import ran_on
from supportcarr.kit.runtime import process

ROOT = Path(__file__).resolve().parents[3]
JAVA_HOME = ROOT / ".venv" / "mongo-java"
START_S = 60.0

Start = Callable[[], AbstractContextManager[str]]  # a running server's URL


@dataclass(frozen=True)
class Choice:
    """What this machine has: how it is called, and how it is started (``None``: not at all)."""

    name: str
    start: Start | None


@lru_cache(maxsize=1)
def choice() -> Choice:
    """The best MongoDB there is."""
    if url := os.environ.get("MONGODB_URL"):
        return Choice("the server at MONGODB_URL", lambda: _given(url))
    if program := shutil.which("mongod"):
        return Choice(f"mongod ({program})", lambda: _mongod(program))
    if (docker := shutil.which("docker")) and _answers([docker, "info"]):
        return Choice("mongo:7 in Docker", lambda: _docker(docker))
    if (java := shutil.which("java")) and (JAVA_HOME / "classes").is_dir():
        return Choice(f"mongo-java-server {_java_version()}", lambda: _java(java))
    return Choice(
        "no MONGODB_URL, no mongod, no working Docker, and no mongo-java-server (scripts/setup mongo)", None
    )


# --- fixtures ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """The URL of a running server."""
    chosen = choice()
    if chosen.start is None:
        pytest.skip(chosen.name)
    with chosen.start() as url:
        yield url


@pytest.fixture
def mongodb(mongodb_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of one's own."""
    ran_on(request, f"MongoDB: {choice().name}")
    name = f"test_{secrets.token_hex(6)}"
    yield with_database(mongodb_server, name)
    with MongoClient[dict[str, object]](mongodb_server) as client:
        client.drop_database(name)


def with_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


# --- servers ----------------------------------------------------------------------------------


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _mongod(program: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="mongod-") as folder:
        port = _free_port()
        command = [program, "--dbpath", folder, "--port", str(port), "--bind_ip", "127.0.0.1"]
        with _running(process.spawn_child(command, log=Path(folder, "log")), port) as url:
            yield url


@contextmanager
def _java(java: str) -> Iterator[str]:
    port = _free_port()
    classes = f"{JAVA_HOME}/classes:{JAVA_HOME}/dependency/*"
    command = [java, "-Xmx256m", "-XX:+UseSerialGC", "-cp", classes, "MongoForTests", str(port)]
    with _running(process.spawn_child(command), port) as url:
        yield url


@contextmanager
def _docker(docker: str) -> Iterator[str]:
    """A container that ends with its standard input, which the kernel closes when we end."""
    port = _free_port()
    until_eof = "mongod --bind_ip_all & cat > /dev/null; kill $!; wait"
    container = subprocess.Popen(
        [docker, "run", "--rm", "-i", "-p", f"127.0.0.1:{port}:27017", "mongo:7", "sh", "-c", until_eof],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"mongodb://127.0.0.1:{port}/"
    try:
        wait_for(container, url, 300)  # it may have to be fetched
        yield url
    finally:
        assert container.stdin is not None
        container.stdin.close()
        container.wait(30)


@contextmanager
def _running(server: subprocess.Popen[bytes], port: int) -> Iterator[str]:
    """The URL of a server of ours, once it answers; ended by its id."""
    url = f"mongodb://127.0.0.1:{port}/"
    try:
        wait_for(server, url, START_S)
        yield url
    finally:
        process.stop(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _java_version() -> str:
    pom = (ROOT / "tests" / "support" / "mongo-java" / "pom.xml").read_text()
    found = re.search(r"<artifactId>mongo-java-server</artifactId>\s*<version>([^<]+)", pom)
    return found[1] if found else "?"
