"""Run the ``supportcarr`` command on the store and Redis of a deployment."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.crash.deployment import ENVIRONMENT, Deployment

ROOT = Path(__file__).resolve().parents[3]


def environment_of(deployment: Deployment, **more: str) -> dict[str, str]:
    """The command's environment; *more* are settings without their prefix."""
    given = ENVIRONMENT | {
        "DATA": deployment.folder,
        "STORE_URL": deployment.store_url,
        "REDIS_URL": deployment.redis_url,
        "STRIPE_API_BASE": deployment.stripe_url,
        "STRIPE_TIMEOUT_SECONDS": "60",
        **more,
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SUPPORTCARR_")}
    return ours | {f"SUPPORTCARR_{name}": value for name, value in given.items()}


@asynccontextmanager
async def supportcarr(
    deployment: Deployment, *arguments: str, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``supportcarr ARGUMENTS``; ``stdout`` has its output; it is killed at the end if still running."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "supportcarr",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env=environment_of(deployment, **settings),
        cwd=deployment.folder,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def output_of(deployment: Deployment, *arguments: str) -> str:
    """The command's output; its exit code must be 0."""
    async with supportcarr(deployment, *arguments) as process:
        output, _ = await process.communicate()
        assert process.returncode == 0, output
        return output.decode()
