"""The commands themselves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click
import structlog

from supportcarr.bootstrap.platform import Platform, platform, stop_on_signals
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import LogSettings
from supportcarr.kit.runtime.process import set_title
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr_lab.demo.city_process import CityProcess, inject_faults, start_city
from supportcarr_lab.demo.options import DemoOptions
from supportcarr_lab.verification.verify import verify_city

log = structlog.get_logger(__name__)


def _environment(options: DemoOptions) -> dict[str, str]:
    port = options.port
    given = {
        "PROFILE": "local",
        "DATA": options.data,
        "PORT": str(port),
        "REALTIME_PORT": str(port + 1),
        "SANDBOX_PORT": str(port + 2),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REALTIME_URL": f"http://127.0.0.1:{port + 1}",
        "CITY_SPEED": str(options.speed),
        "STRIPE_API_BASE": f"http://127.0.0.1:{port + 2}",
    }
    return dict(os.environ) | {PREFIX + name: value for name, value in given.items()}


def check_redis_is_ours(options: DemoOptions, settings: Settings) -> None:
    """Raises ``click.UsageError`` when chaos is to wipe a Redis that the demo did not start."""
    if options.redis_wipes and settings.deployment.redis_url:
        raise click.UsageError(
            "--redis-wipes wipes the Redis that the demo starts itself; unset SUPPORTCARR_REDIS_URL."
        )


def run(options: DemoOptions) -> int:
    """The exit code: 0, or 1 if an invariant fell."""
    set_title("demo")
    environment = _environment(options)
    settings = load_settings(environment)
    check_redis_is_ours(options, settings)
    Path(options.data).mkdir(parents=True, exist_ok=True)
    logs.configure(LogSettings(level="warning", file=str(Path(options.data) / "supportcarr.log")))
    return asyncio.run(_demo(options, settings, environment))


async def _demo(options: DemoOptions, settings: Settings, environment: Mapping[str, str]) -> int:
    stop = stop_on_signals()
    async with platform(settings, environment) as running:
        _tell(running, options)
        while True:
            city = await start_city(options, running)
            try:
                if await _until_over(options, running, city, stop):
                    return 0
            finally:
                await city.end()
            if options.seconds is not None:
                return await verify_city(options, running, city)
            log.warning("process_died", role="simulator", code=city.process.returncode)


async def _until_over(
    options: DemoOptions, running: Platform, city: CityProcess, stop: asyncio.Event
) -> bool:
    """Wait for the end of the city's process, or for Ctrl-C, which ends it; was it Ctrl-C?"""
    waits = [asyncio.create_task(city.process.wait()), asyncio.create_task(stop.wait())]
    blows = asyncio.create_task(inject_faults(options, running, city))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*waits, blows):
            task.cancel()
    if blows.done() and not blows.cancelled():
        blows.result()  # chaos that could not be dealt is a fault, and no calm city
    if not stop.is_set():
        return False
    click.echo("\nStopping…")
    with suppress(ProcessLookupError):
        city.process.terminate()
    await city.process.wait()
    return True


def _tell(running: Platform, options: DemoOptions) -> None:
    click.echo(f"\n  SupportCarr is running.   Console   {running.base_url}/admin")
    click.echo(f"                            API       {running.base_url}/docs")
    click.echo(f"                            Emulators {running.base_url}/sandbox")
    for role, operator in running.operators.items():
        click.echo(f"  {role:<8} {operator.phone}   password {operator.password}")
    until = "Ctrl-C ends it" if options.seconds is None else f"for {options.seconds:g} s"
    click.echo(
        f"  {options.riders} riders, {options.drivers} drivers, speed ×{options.speed:g}; {until}; "
        f"log: {options.data}/supportcarr.log\n"
    )
