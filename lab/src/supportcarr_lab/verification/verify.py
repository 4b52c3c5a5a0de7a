"""Verifies a city that has ended: what its clients saw against the store and the Stripe emulator."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click
import msgspec

from supportcarr.bootstrap.platform import Platform
from supportcarr.bootstrap.stores import store_of
from supportcarr_lab.demo.city_process import CityProcess
from supportcarr_lab.demo.options import DemoOptions
from supportcarr_lab.simulator.city import CityOutcome
from supportcarr_lab.verification.report import VerificationResult, verify
from supportcarr_lab.verification.store_source import StoreRecordSource

# How long outbox and jobs may take to become empty after the city has ended: longer than the intervals of
# the reconcilers.
PENDING_WORK_TIMEOUT_S = 90.0
SHOWN_FINDINGS = 5


async def verify_city(
    options: DemoOptions, running: Platform, city: CityProcess, *, stopped: bool = False
) -> int:
    """Verify the city, print and write the report.  The exit code: 0, or 1 if an invariant is broken.

    *stopped*: it was ended before its time, and its rescues are not finished.
    """
    if city.process.returncode != 0 or not city.outcome.is_file():
        raise click.ClickException(f"The simulator crashed; see {options.data}/supportcarr.log.")
    outcome = CityOutcome.read(city.outcome)
    store = store_of(running.settings)
    await store.open()
    try:
        source = StoreRecordSource(store, running.sandbox_url)
        deadline = time.monotonic() + (0 if stopped else PENDING_WORK_TIMEOUT_S)
        while time.monotonic() < deadline:
            if (await source.pending_work()).is_empty:
                break
            await asyncio.sleep(0.5)
        result = await verify(
            outcome,
            source,
            kills=running.supervisor.kills.total(),
            redis_wipes=running.wipes,
            stopped=stopped,
        )
    finally:
        await store.close()
    report = msgspec.json.format(msgspec.json.encode(result.report), indent=2)
    if options.report:
        Path(options.report).write_bytes(report + b"\n")
    click.echo(report.decode())
    if stopped:
        click.echo(f"The run was stopped: this report is of what had happened so far ({options.report}).")
    _print_summary(running, outcome, result)
    return 0 if result.report.passed else 1


def _print_summary(running: Platform, outcome: CityOutcome, result: VerificationResult) -> None:
    kills = running.supervisor.kills
    by_role = ", ".join(f"{role} {count}" for role, count in sorted(kills.items()))
    click.echo(f"\nKilled processes: {by_role or 'none'}. Redis wipes: {running.wipes}.")
    for person in outcome.crashed:
        click.echo(f"A simulated person crashed: {person}", err=True)
    for name, findings in result.findings.items():
        for finding in findings[:SHOWN_FINDINGS]:
            click.echo(f"{name}: {finding}", err=True)
    click.echo(result.report.conclusion)
