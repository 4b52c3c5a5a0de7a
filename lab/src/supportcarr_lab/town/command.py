"""Runs ``supportcarr seed town``."""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from supportcarr.bootstrap.profile_rules import refuse_insecure
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.runtime.city_clock import first_city_time
from supportcarr.kit.runtime.private_files import make_private_folder
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.supervisor.folder_lock import lock_folder
from supportcarr_lab.town.options import ENDS_AT, TownOptions
from supportcarr_lab.town.people import PASSWORD
from supportcarr_lab.town.seeding import TownSummary, seed_town


def default_last_day(zone: str) -> date:
    """Today, or the Friday before, as for a new city."""
    today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    return first_city_time(today, zone, ENDS_AT).astimezone(ZoneInfo(zone)).date()


def run(settings: Settings, options: TownOptions) -> None:
    """Seed the town and print what is there.  Raises ``SettingsError`` outside the local profile."""
    if settings.deployment.profile != "local":
        raise SettingsError(
            f"A town is seeded in the local profile only, not in {settings.deployment.profile}: its accounts "
            "share one password, which everybody knows."
        )
    refuse_insecure(settings)
    folder = Path(settings.deployment.data)
    make_private_folder(folder)
    command = (
        f"supportcarr seed town --drivers {options.drivers} --rescues {options.rescues} "
        f"--weeks {options.weeks} --seed {options.seed} --until {options.until}"
    )
    began = time.perf_counter()
    gc.disable()  # a short-lived process that makes a million objects without cycles
    try:
        with lock_folder(folder):
            seeding = seed_town(settings, options, command, lambda text: click.echo(text, err=True))
            summary = asyncio.run(seeding)
    finally:
        gc.enable()
    _print(summary, options, time.perf_counter() - began)


def _print(summary: TownSummary, options: TownOptions, seconds: float) -> None:
    rescues = sum(summary.rescues.values())
    click.echo(
        f"{sum(summary.drivers.values())} drivers, {summary.riders} riders, {rescues} rescues: "
        f"{summary.documents} documents and {summary.objects} objects of files in {seconds:.0f} s."
    )
    click.echo("  rescues  " + _listed(summary.rescues))
    click.echo("  drivers  " + _listed(summary.drivers))
    click.echo(f"  The history ends at {options.ends_at:%Y-%m-%d %H:%M} UTC, where the city's clock goes on.")
    for role, person in summary.people.items():
        click.echo(f"  {role:<8} {person.phone}   {person.name}")
    click.echo(f"  Every seeded account has the password {PASSWORD}")


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items(), key=lambda one: -one[1]))
