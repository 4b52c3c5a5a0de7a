"""The health check of the images asks the process beside it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from support.http.certificates import self_signed
from support.ports import free_port
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.tls import server_context
from supportcarr.kit.observability.metrics_server import serve_metrics

SCRIPT = Path(__file__).parents[3] / "deploy" / "docker" / "health.py"


async def asked(what: str, port: int, **more: str) -> int:
    environment = os.environ | {"SUPPORTCARR_METRICS_PORT": str(port)} | more
    asking = await asyncio.create_subprocess_exec(
        sys.executable, SCRIPT, what, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    return await asking.wait()


@pytest.mark.parametrize("secured", [False, True])
async def test_it_says_whether_the_process_is_alive_and_ready(tmp_path: Path, secured: bool) -> None:
    certificate = self_signed(tmp_path)
    tls = server_context(certificate.settings) if secured else None
    more = {"SUPPORTCARR_TLS_CERTIFICATE": str(certificate.certificate)} if secured else {}
    lifecycle, port = Lifecycle(), free_port()
    assert await asked("healthz", port, **more) != 0, "nothing listens"
    async with await serve_metrics(
        lambda accept: lambda: (b"", "text/plain"), "127.0.0.1", port, lifecycle=lifecycle, tls=tls
    ):
        assert await asked("healthz", port, **more) == 0
        assert await asked("readyz", port, **more) != 0
        lifecycle.mark_ready()
        assert await asked("readyz", port, **more) == 0
