"""Run the ``supportcarr`` command on the store and Redis of a deployment."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.crash.deployment import ENVIRONMENT, Deployment
from support.processes.command_line import environment_with, run_in_process


def settings_of(deployment: Deployment) -> dict[str, str]:
    """The command's settings, named without their prefix."""
    return ENVIRONMENT | {
        "DATA": deployment.folder,
        "STORE_URL": deployment.store_url,
        "REDIS_URL": deployment.redis_url,
        "STRIPE_API_BASE": deployment.stripe_url,
        "TWILIO_API_BASE": deployment.stripe_url,
        "STRIPE_TIMEOUT_SECONDS": "60",
    }


DEAR_HASHES = {"AUTH_BCRYPT_COST": "12"}  # staging refuses cheaper ones, and these processes make none


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
        env=environment_with(settings_of(deployment) | DEAR_HASHES | settings),
        cwd=deployment.folder,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def output_of(deployment: Deployment, *arguments: str) -> str:
    """The output of a command that ends, run in this process; its exit code must be 0."""
    settings = settings_of(deployment) | DEAR_HASHES
    result = await asyncio.to_thread(run_in_process, deployment.path, *arguments, **settings)
    assert result.returncode == 0, result.stderr
    return result.stdout
