"""A MongoDB for benchmarks and tests: the best that this machine has.

In this order: the server at ``MONGODB_URL``; a ``mongod`` on the path; Docker's ``mongo:7``; and
mongo-java-server, which ``scripts/setup mongo`` builds.  The last shows what operations mean and how
races end; it is neither durable nor fast (``docs/adr/0015-mongodb-through-pymongo.md``).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from supportcarr.kit.http.sockets import free_port
from supportcarr.supervisor.child_process import spawn_child, stop

ROOT = Path(__file__).resolve().parents[2]
JAVA_HOME = ROOT / ".venv" / "mongo-java"
START_S = 60.0
FETCH_S = 300.0  # Docker may have to fetch the image first


@dataclass(frozen=True, slots=True)
class MongoServer:
    """A running server.  ``pid`` is its process on this machine, ``None`` where that is not known."""

    url: str
    pid: int | None = None


Start = Callable[[], AbstractContextManager[MongoServer]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The MongoDB of this machine: its name, and how to start it (``None``: there is nothing to start)."""

    name: str
    start: Start | None


@lru_cache(maxsize=1)
def choice() -> Choice:
    """The best MongoDB there is."""
    if url := os.environ.get("MONGODB_URL"):
        return Choice("the server at MONGODB_URL", lambda: _given(url))
    if program := shutil.which("mongod"):
        return Choice(f"mongod ({program})", lambda: _mongod(program))
    if (docker := shutil.which("docker")) and _succeeds([docker, "info"]):
        return Choice("mongo:7 in Docker", lambda: _docker(docker))
    if (java := shutil.which("java")) and (JAVA_HOME / "classes").is_dir():
        return Choice(f"mongo-java-server {_java_version()}, in memory", lambda: _java(java))
    return Choice(
        "no MONGODB_URL, no mongod, no working Docker, and no mongo-java-server (scripts/setup mongo)", None
    )


def with_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop(url: str, name: str) -> None:
    """Remove a database of the server."""
    with MongoClient[dict[str, object]](url) as client:
        client.drop_database(name)


def server_version(url: str) -> str:
    """The version that the server reports."""
    with MongoClient[dict[str, object]](url) as client:
        return str(client.server_info()["version"])


def wait_for(server: subprocess.Popen[bytes], url: str, seconds: float) -> None:
    """Return when it answers.  Raises the driver's last error, or ``RuntimeError`` when it has ended."""
    deadline = time.monotonic() + seconds
    while True:
        if server.poll() is not None:
            raise RuntimeError(f"the MongoDB that was started ended at once ({server.returncode})")
        try:
            with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=1000) as client:
                client.admin.command("ping")
            return
        except PyMongoError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


# --- the four ways to have one ----------------------------------------------------------------


@contextmanager
def _given(url: str) -> Iterator[MongoServer]:
    """``MONGODB_PID``: its process, where it runs on this machine and its CPU shall be counted."""
    pid = os.environ.get("MONGODB_PID")
    yield MongoServer(url, int(pid) if pid else None)


@contextmanager
def _mongod(program: str) -> Iterator[MongoServer]:
    with tempfile.TemporaryDirectory(prefix="mongod-") as folder:
        port = free_port()
        command = [program, "--dbpath", folder, "--port", str(port), "--bind_ip", "127.0.0.1"]
        with _running(spawn_child(command, log=Path(folder, "log")), port) as server:
            yield server


@contextmanager
def _java(java: str) -> Iterator[MongoServer]:
    port = free_port()
    classes = f"{JAVA_HOME}/classes:{JAVA_HOME}/dependency/*"
    command = [java, "-Xmx256m", "-XX:+UseSerialGC", "-cp", classes, "MongoForTests", str(port)]
    with _running(spawn_child(command), port) as server:
        yield server


@contextmanager
def _docker(docker: str) -> Iterator[MongoServer]:
    """A container that ends with its standard input, which the kernel closes when we end."""
    port = free_port()
    until_eof = "mongod --bind_ip_all & cat > /dev/null; kill $!; wait"
    container = subprocess.Popen(  # noqa: S603 - our own command
        [docker, "run", "--rm", "-i", "-p", f"127.0.0.1:{port}:27017", "mongo:7", "sh", "-c", until_eof],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"mongodb://127.0.0.1:{port}/"
    try:
        wait_for(container, url, FETCH_S)
        yield MongoServer(url)
    finally:
        assert container.stdin is not None
        container.stdin.close()
        container.wait(30)


@contextmanager
def _running(process: subprocess.Popen[bytes], port: int) -> Iterator[MongoServer]:
    """A server that this process started, once it responds; ended by its process id."""
    url = f"mongodb://127.0.0.1:{port}/"
    try:
        wait_for(process, url, START_S)
        yield MongoServer(url, process.pid)
    finally:
        stop(process)


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0  # noqa: S603 - our own command
    except (OSError, subprocess.TimeoutExpired):
        return False


def _java_version() -> str:
    pom = (ROOT / "tests" / "support" / "mongo-java" / "pom.xml").read_text()
    found = re.search(r"<artifactId>mongo-java-server</artifactId>\s*<version>([^<]+)", pom)
    return found[1] if found else "?"
