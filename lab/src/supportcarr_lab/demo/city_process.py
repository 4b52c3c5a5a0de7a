"""Runs the simulated city in a process of its own, and injects faults into the platform meanwhile.

Imports nothing of the simulator but its progress: that process loads it (``simulator_process``).
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec

from supportcarr.bootstrap.operators import partner_key, write_private
from supportcarr.bootstrap.platform import Platform
from supportcarr.supervisor.spawner import Process
from supportcarr_lab.demo.fault_injection import inject, plan_faults
from supportcarr_lab.demo.options import DemoOptions
from supportcarr_lab.demo.phones import Phones
from supportcarr_lab.simulator.progress import Progress

PROGRESS_INTERVAL_S = 10.0
PHASES = {
    "signing_in": "Signing in",
    "running": "Running",
    "finishing": "Finishing open rescues",
    "draining": "Waiting for the last events",
}


@dataclass(slots=True)
class CityProcess:
    """The process of the simulator; *running* is set once everyone has signed in.

    The links of *phones* work once the visitor's accounts exist.
    """

    process: Process
    outcome: Path
    data: str  # the folder of the platform and the city, as the options name it
    reader: asyncio.Task[None] | None = None
    running: asyncio.Event = field(default_factory=asyncio.Event)
    phones: Phones | None = None

    async def end(self) -> None:
        """Kill the process if it still runs, and read its output to the end."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if self.reader is not None:
            await self.reader


async def start_city(options: DemoOptions, running: Platform, phones: Phones | None) -> CityProcess:
    """Start the simulator against a running platform; *phones*: with the visitor's accounts."""
    admin = running.operators["admin"]
    data = Path(options.data)
    city_options = {
        "base_url": running.base_url,
        "realtime_url": running.settings.deployment.realtime_url,
        "operator": msgspec.to_builtins(admin),
        "riders": options.riders,
        "drivers": options.drivers,
        "data": str(data / "simulator"),
        "seed": options.seed,
        "seconds": options.seconds,
        "demand": options.demand,
        "photo_share": options.photos,
        "applicants": options.drivers // 10 if options.applicants is None else options.applicants,
        "visitors": phones.visitors() if phones is not None else None,
    }
    outcome = data / "outcome.json"
    outcome.unlink(missing_ok=True)  # of an earlier run
    file = data / "city.json"
    write_private(
        file, {"city": city_options, "outcome": str(outcome), "accounts": _accounts(options, running)}
    )
    process = await running.supervisor.spawn_once(("simulator", str(file)))
    city = CityProcess(process, outcome, options.data, phones=phones)
    city.reader = asyncio.create_task(_show_progress(city))
    return city


def _accounts(options: DemoOptions, running: Platform) -> dict[str, Any] | None:
    if options.accounts is None:
        return None
    people = {role: msgspec.to_builtins(operator) for role, operator in running.operators.items()}
    return {
        "file": options.accounts,
        "content": {
            "base_url": running.base_url,
            "realtime_url": running.settings.deployment.realtime_url,
            **people,
            "partner": {
                "api_key": partner_key(Path(running.settings.deployment.data)),
                "webhook_secret": None,
            },
        },
    }


def _progress_text(progress: Progress, data: str) -> str:
    rescues = _count(progress.requested, "rescue")
    if progress.phase == "done":
        return f"  Stopped. {rescues} requested, {progress.live} unfinished. Data: {data}"
    return (
        f"  {PHASES[progress.phase]}: {_count(progress.drivers_online, 'driver')} online, "
        f"{_count(progress.riders_ready, 'rider')} signed in, {rescues} requested, "
        f"{progress.live} in progress"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


async def _show_progress(city: CityProcess) -> None:
    """On a terminal rewrite one line; elsewhere print a line every ten seconds and for each new phase."""
    assert city.process.stdout is not None
    terminal = sys.stdout.isatty()
    shown, phase = 0.0, ""
    async for line in city.process.stdout:
        progress = msgspec.json.decode(line, type=Progress)
        if progress.phase == "running":
            city.running.set()
        if progress.visitors_ready and city.phones is not None:
            city.phones.open()
            city.phones = None  # once
        text = _progress_text(progress, city.data)
        now = time.monotonic()
        if terminal:
            sys.stdout.write(f"\r\x1b[K{text}")
            sys.stdout.flush()
        elif progress.phase != phase or now - shown > PROGRESS_INTERVAL_S:
            click.echo(text)
            shown, phase = now, progress.phase
    if terminal:
        click.echo()


async def inject_faults(options: DemoOptions, running: Platform, city: CityProcess) -> None:
    """Inject the kills and wipes of *options*, counted from the moment when the city is running."""
    if options.seconds is None:
        return
    supervisor = running.supervisor
    faults = plan_faults(
        options.seed,
        seconds=options.seconds,
        kills=options.kills,
        wipes=options.redis_wipes,
        roles=supervisor.killable(),
    )
    await city.running.wait()
    await inject(faults, supervisor.kill, running.wipe_redis)
