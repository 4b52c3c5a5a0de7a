"""A MongoDB for the benchmark, if one can be had: the server at ``MONGODB_URL``, or mongo-java-server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from supportcarr.kit.http.server import free_port
from supportcarr.kit.runtime.process import spawn_child, stop

_JAVA = Path(sys.prefix) / "mongo-java"  # scripts/setup mongo
_START_S = 60.0


@contextmanager
def running() -> Iterator[tuple[str, str] | None]:
    """Its name and URL, or ``None`` where there is none."""
    if url := os.environ.get("MONGODB_URL"):
        yield "the server at MONGODB_URL", url
        return
    java = shutil.which("java")
    if java is None or not (_JAVA / "classes").is_dir():
        yield None
        return
    port = free_port()
    classes = f"{_JAVA}/classes:{_JAVA}/dependency/*"
    server = spawn_child([java, "-Xmx256m", "-XX:+UseSerialGC", "-cp", classes, "MongoForTests", str(port)])
    try:
        url = f"mongodb://127.0.0.1:{port}/"
        wait_for(server, url, _START_S)
        yield "mongo-java-server, in memory", url
    finally:
        stop(server)


def wait_for(server: subprocess.Popen[bytes], url: str, seconds: float) -> None:
    """Return when it answers.  Raises what the driver said last, or ``RuntimeError`` when it has ended."""
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
