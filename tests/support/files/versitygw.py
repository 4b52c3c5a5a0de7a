"""A real server with the API of S3 (versitygw), for tests; ``scripts/setup versitygw`` builds it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from support.ports import free_port
from supportcarr.providers.settings import S3Settings

PROGRAM = Path(__file__).resolve().parents[3] / ".venv" / "go" / "bin" / "versitygw"
KEY_ID, SECRET = "tests-of-supportcarr", "nothing-that-is-kept-anywhere"
BUCKET = "files"
START_SECONDS = 90.0


@contextmanager
def running(folder: Path, *, object_lock: bool = False) -> Iterator[S3Settings]:
    """The settings of an empty bucket on a server of its own, on this machine only.

    Skips the test if the server has not been built.
    """
    if not PROGRAM.exists():
        pytest.skip("versitygw is not built (scripts/setup versitygw, which needs Go)")
    port = free_port()
    data, metadata, versions = folder / "data", folder / "metadata", folder / "versions"
    for made in (data, metadata, versions):
        made.mkdir(parents=True)
    versioning: list[str | Path] = ["--versioning-dir", versions] if object_lock else []  # which a lock needs
    environment = os.environ | {"ROOT_ACCESS_KEY_ID": KEY_ID, "ROOT_SECRET_ACCESS_KEY": SECRET}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [PROGRAM, "--port", f"127.0.0.1:{port}", "posix", "--sidecar", metadata, *versioning, data],
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(port, server, folder / "log")
        settings = S3Settings(
            bucket=BUCKET,
            region="us-east-1",
            endpoint=f"http://127.0.0.1:{port}",
            access_key_id=KEY_ID,
            secret_access_key=SECRET,
            path_style=True,
            timeout_seconds=60.0,
        )
        admin(settings).create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=object_lock)
        yield settings
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def admin(settings: S3Settings) -> Any:
    """A client of boto3, for what the product does not do."""
    return boto3.client(
        "s3",
        endpoint_url=settings.endpoint,
        aws_access_key_id=settings.access_key_id,
        aws_secret_access_key=settings.secret_access_key,
        region_name=settings.region,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text(errors="replace")
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"versitygw does not listen: {log.read_text(errors='replace')}")
