"""The commands that the lab adds to ``supportcarr`` (entry points of the group ``supportcarr.commands``)."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    show_default="until Ctrl-C",
    help="Seconds (real time) to run after everyone has signed in.",
)
@click.option(
    "--riders", type=click.IntRange(0, 5000), default=60, show_default=True, help="Simulated riders."
)
@click.option(
    "--drivers", type=click.IntRange(0, 5000), default=40, show_default=True, help="Simulated drivers."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=120),
    default=1.0,
    show_default=True,
    help="Simulated seconds per real second.",
)
@click.option(
    "--demand",
    type=click.Path(exists=True, dir_okay=False),
    help="CSV file with recorded requests to replay (columns at, lat, lng).",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Random seed of the demand and of each person's choices.",
)
@click.option(
    "--photos",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Share of the rescues of which riders and drivers take photos.",
)
@click.option(
    "--applicants",
    type=click.IntRange(0, 1000),
    help="Drivers who apply while the city runs, with photos of their papers; by default a tenth of all.",
)
@click.option(
    "--kills",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="How many processes of the platform to kill (kill -9) during the run.",
)
@click.option(
    "--redis-wipes",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="How many times to restart Redis without its data during the run.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65533),
    default=8000,
    show_default=True,
    help="Port of the API; the two ports after it are used as well.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False),
    default=".data/demo",
    show_default=True,
    help="Folder for stores, logs and simulated accounts.",
)
@click.option(
    "--accounts",
    type=click.Path(dir_okay=False),
    help="Write the demo accounts, with their passwords, to this JSON file.",
)
@click.option(
    "--visitors/--no-visitors",
    default=None,
    show_default="if the run has no end",
    help="Make accounts for you, and print links that sign in to them.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False),
    help="Write the report to this JSON file, also when the run is stopped (Ctrl-C, SIGTERM).",
)
def demo(**options: Any) -> None:
    """Run the whole platform on this machine, with simulated riders and drivers."""
    from supportcarr_lab.demo.command import run
    from supportcarr_lab.demo.options import DemoOptions

    if (options["kills"] or options["redis_wipes"]) and options["seconds"] is None:
        raise click.UsageError("--kills and --redis-wipes need --seconds: faults are spread over that time.")
    sys.exit(run(DemoOptions(**options)))


@click.command()
def sandbox() -> None:
    """Run the emulators of outside services such as Stripe (local profile only)."""
    from supportcarr.bootstrap.settings import load_settings
    from supportcarr_lab.emulators.command import run_emulators

    run_emulators(load_settings())


@click.command()
@click.argument("options", type=click.Path(exists=True, dir_okay=False))
def simulator(options: str) -> None:
    """Run the simulated city against a running platform (started by `demo`)."""
    from supportcarr_lab.demo.simulator_process import run_simulator

    sys.exit(run_simulator(Path(options)))


@click.command()
@click.argument("subject", type=click.Choice(["rescue", "application"]))
def diagram(subject: str) -> None:
    """Print a Mermaid diagram of the state machine of a rescue, or of a driver's application."""
    from supportcarr_lab.generators import application_diagram, state_diagram

    click.echo((state_diagram if subject == "rescue" else application_diagram).mermaid())


@click.command()
@click.option("--drivers", type=click.IntRange(20, 5000), default=1000, show_default=True, help="Drivers.")
@click.option(
    "--rescues", type=click.IntRange(20, 200_000), default=50_000, show_default=True, help="Rescues so far."
)
@click.option("--weeks", type=click.IntRange(1, 26), default=6, show_default=True, help="Weeks of history.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Random seed; the same options make the same town."
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    show_default="today, or the Friday before",
    help="Last day of the history.",
)
def town(until: datetime | None, **options: Any) -> None:
    """Fill a new store with a believable town (local profile only).

    Drivers in every state, riders, vehicles, weeks of rescues with payments, ratings and what operators did.
    All accounts share one password, which is printed.
    """
    from supportcarr.bootstrap.settings import load_settings
    from supportcarr_lab.town.command import default_last_day, run
    from supportcarr_lab.town.options import TownOptions

    last_day = until.date() if until else default_last_day(TownOptions.timezone)
    run(load_settings(), TownOptions(until=last_day, **options))
