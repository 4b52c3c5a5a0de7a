"""Judges a city that has ended: what its clients saw against the store and the emulator's books."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click
import msgspec

from supportcarr.bootstrap.platform import Platform
from supportcarr.bootstrap.processes import store_of
from supportcarr_lab.demo.city_process import CityProcess
from supportcarr_lab.demo.options import DemoOptions
from supportcarr_lab.simulator.city import CityOutcome
from supportcarr_lab.verification.report import verify
from supportcarr_lab.verification.store_source import StoreRecordSource

SETTLEMENT_TIMEOUT_S = (
    90.0  # for outbox and jobs to run dry after the city has ended, and the reconcilers to come round
)


async def verify_city(options: DemoOptions, running: Platform, city: CityProcess) -> int:
    if city.process.returncode != 0 or not city.outcome.is_file():
        raise click.ClickException(f"The simulator broke down; see {options.data}/supportcarr.log.")
    outcome = CityOutcome.read(city.outcome)
    store = store_of(running.settings)
    await store.open()
    try:
        evidence = StoreRecordSource(store, running.sandbox_url)
        deadline = time.monotonic() + SETTLEMENT_TIMEOUT_S
        while time.monotonic() < deadline:
            if (await evidence.pending_work()).is_empty:
                break
            await asyncio.sleep(0.5)
        judgement = await verify(
            outcome,
            evidence,
            kills=running.supervisor.kills.total(),
            redis_wipes=running.wipes,
        )
    finally:
        await store.close()
    report = msgspec.json.format(msgspec.json.encode(judgement.report), indent=2)
    if options.report:
        Path(options.report).write_bytes(report + b"\n")
    click.echo(report.decode())
    click.echo(_dealt(running))
    for actor in outcome.crashed:
        click.echo(f"the simulator broke down: {actor}", err=True)
    for name, findings in judgement.findings.items():
        for finding in findings[:5]:
            click.echo(f"{name}: {finding}", err=True)
    return 0 if judgement.report.passed else 1


def _dealt(running: Platform) -> str:
    kills = running.supervisor.kills
    by_role = ", ".join(f"{role} {count}" for role, count in sorted(kills.items()))
    return f"killed: {by_role or 'nobody'}; Redis wiped: {running.wipes}"
