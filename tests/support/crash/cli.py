"""Our real processes by the real command, on a world's store and Redis."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.crash.deployment import ENVIRONMENT, Place

ROOT = Path(__file__).resolve().parents[3]


def environment_of(place: Place, **more: str) -> dict[str, str]:
    """What the command finds in its environment; *more* are settings without their prefix."""
    given = ENVIRONMENT | {
        "DATA": place.folder,
        "STORE_URL": place.store_url,
        "REDIS_URL": place.redis_url,
        "STRIPE_API_BASE": place.stripe_url,
        "STRIPE_TIMEOUT_SECONDS": "60",
        **more,
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SUPPORTCARR_")}
    return ours | {f"SUPPORTCARR_{name}": value for name, value in given.items()}


@asynccontextmanager
async def supportcarr(
    place: Place, *arguments: str, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """``supportcarr ARGUMENTS``, its output in ``stdout``; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "supportcarr",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env=environment_of(place, **settings),
        cwd=place.folder,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def said_by(place: Place, *arguments: str) -> str:
    """What the command prints; it must end well."""
    async with supportcarr(place, *arguments) as process:
        said, _ = await process.communicate()
        assert process.returncode == 0, said
        return said.decode()
