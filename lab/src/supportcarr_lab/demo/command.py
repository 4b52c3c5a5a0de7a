"""Runs ``supportcarr demo``: the platform, a simulated city, injected faults and the verification."""

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
from supportcarr.kit.runtime.private_files import make_private_folder
from supportcarr.kit.runtime.process import set_title
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr_lab.demo.city_process import CityProcess, inject_faults, start_city
from supportcarr_lab.demo.options import DemoOptions
from supportcarr_lab.demo.phones import PLACE, Phones

OFFER_SECONDS = 15  # of the city, as everywhere
READING_SECONDS = 10  # of the visitor's watch
# Reserved for examples: nobody answers, but the apps show how help is reached.
SUPPORT_PHONE = "+15145550100"
SUPPORT_EMAIL = "help@supportcarr.example"

log = structlog.get_logger(__name__)


def environment_of(options: DemoOptions, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the city: *given*, with the settings of the demo."""
    port = options.port
    values = {
        "PROFILE": "local",
        "DATA": options.data,
        "PORT": str(port),
        "REALTIME_PORT": str(port + 1),
        "SANDBOX_PORT": str(port + 2),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REALTIME_URL": f"http://127.0.0.1:{port + 1}",
        "CITY_SPEED": str(options.speed),
        "STRIPE_API_BASE": f"http://127.0.0.1:{port + 2}",
        "TWILIO_API_BASE": f"http://127.0.0.1:{port + 2}",
    }
    usual = {}
    if options.with_visitors:
        values["DEMO_PLACE"] = f"{PLACE[0]},{PLACE[1]}"
        # A visitor reads an offer before answering, however fast the city's clock is.
        usual["DISPATCH_OFFER_SECONDS"] = f"{max(OFFER_SECONDS, READING_SECONDS * options.speed):g}"
        usual |= {"SUPPORT_PHONE": SUPPORT_PHONE, "SUPPORT_EMAIL": SUPPORT_EMAIL}
    if options.seconds is None:
        values["DRAIN_IDLE_SECONDS"] = "0"  # nobody takes over, so Ctrl-C need not wait for open browsers
    return (
        {PREFIX + name: value for name, value in usual.items()}
        | dict(given)
        | {PREFIX + name: value for name, value in values.items()}
    )


def check_redis_is_ours(options: DemoOptions, settings: Settings) -> None:
    """Raise ``click.UsageError`` if Redis is to be wiped but was not started by the demo."""
    if options.redis_wipes and settings.deployment.redis_url:
        raise click.UsageError(
            "--redis-wipes works only with the Redis that the demo starts; unset SUPPORTCARR_REDIS_URL."
        )


def run(options: DemoOptions) -> int:
    """Run the demo and return the exit code: 0, or 1 if an invariant is broken."""
    set_title("demo")
    environment = environment_of(options, os.environ)
    settings = load_settings(environment)
    check_redis_is_ours(options, settings)
    make_private_folder(Path(options.data))
    logs.configure(LogSettings(level="warning", file=str(Path(options.data) / "supportcarr.log")))
    return asyncio.run(_demo(options, settings, environment))


async def _demo(options: DemoOptions, settings: Settings, environment: Mapping[str, str]) -> int:
    stop = stop_on_signals()
    async with platform(settings, environment) as running:
        phones = Phones(Path(options.data), running.operators["admin"]) if options.with_visitors else None
        _print_addresses(running, options, phones)
        while True:
            city = await start_city(options, running, phones)
            try:
                stopped = await _wait_for_end(options, running, city, stop)
            finally:
                await city.end()
                if phones is not None:
                    phones.close()
            if stopped and options.report is None:
                return 0
            if stopped or options.seconds is not None:
                # Imported here: before its end the demo needs nothing that the other processes load.
                from supportcarr_lab.verification.verify import verify_city

                return await verify_city(options, running, city, stopped=stopped)
            log.warning("process_died", role="simulator", code=city.process.returncode)


async def _wait_for_end(
    options: DemoOptions, running: Platform, city: CityProcess, stop: asyncio.Event
) -> bool:
    """Wait until the city's process ends, or end it on Ctrl-C.  True if it was Ctrl-C."""
    waits = [asyncio.create_task(city.process.wait()), asyncio.create_task(stop.wait())]
    faults = asyncio.create_task(inject_faults(options, running, city))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*waits, faults):
            task.cancel()
    if faults.done() and not faults.cancelled():
        faults.result()  # raises if faults could not be injected: the run then proves nothing
    if not stop.is_set():
        return False
    click.echo("\nStopping…")
    with suppress(ProcessLookupError):
        city.process.terminate()
    await city.process.wait()
    return True


def _print_addresses(running: Platform, options: DemoOptions, phones: Phones | None) -> None:
    base = running.base_url
    links = {"rider": f"{base}/", "driver": f"{base}/driver/", "console": f"{base}/admin"}
    if phones is None:
        click.echo("\n  SupportCarr is running.\n")
    else:
        links = phones.links(base)
        click.echo("\n  SupportCarr is running. Open a link, and you are signed in:\n")
    for who, link in links.items():
        click.echo(f"    {who.capitalize():<9}{link}")
    click.echo(f"\n  Codes and text messages  {base}/sandbox")
    click.echo(f"  API reference            {base}/docs")
    click.echo(f"  Other operators          {options.data}/operators.json")
    click.echo(f"  Log                      {options.data}/supportcarr.log")
    pace = "in real time" if options.speed == 1 else f"at {options.speed:g}× real time"
    end = "Ctrl-C stops it." if options.seconds is None else f"It ends after {options.seconds:g} seconds."
    click.echo(
        f"\n  {options.riders} simulated riders and {options.drivers} drivers live in this city, {pace}."
        + (" Ask for help as the rider, go online as the driver." if phones is not None else "")
        + f" {end}\n"
    )
