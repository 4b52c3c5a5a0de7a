"""The commands that the lab adds to ``supportcarr`` (entry points of the group ``supportcarr.commands``)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    help="Wall seconds, from when all are signed in; none: until Ctrl-C.",
)
@click.option("--riders", type=click.IntRange(1, 5000), default=60, show_default=True)
@click.option("--drivers", type=click.IntRange(1, 5000), default=40, show_default=True)
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
    help="Recorded demand to replay (CSV: at,lat,lng).",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Repeats demand and each actor's choices."
)
@click.option(
    "--kills",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="kill -9 that many of our processes over the time.",
)
@click.option(
    "--redis-wipes",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Restart Redis empty that often.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65533),
    default=8000,
    show_default=True,
    help="The API's; the next two are taken as well.",
)
@click.option("--data", type=click.Path(file_okay=False), default=".data/demo", show_default=True)
@click.option(
    "--accounts",
    type=click.Path(dir_okay=False),
    help="Write the demo accounts here (JSON, with their secrets).",
)
@click.option("--report", type=click.Path(dir_okay=False), help="Write the report here (JSON).")
def demo(**options: Any) -> None:
    """Run the platform and a simulated city on this machine: every process, emulators, riders, drivers."""
    from supportcarr_lab.demo.command import run
    from supportcarr_lab.demo.options import DemoOptions

    if (options["kills"] or options["redis_wipes"]) and options["seconds"] is None:
        raise click.UsageError("--kills and --redis-wipes spread over --seconds; give that too.")
    sys.exit(run(DemoOptions(**options)))


@click.command()
def sandbox() -> None:
    """Run the emulators of services that need a key (local profile only)."""
    from supportcarr.bootstrap.settings import load_settings
    from supportcarr_lab.emulators.command import run_emulators

    run_emulators(load_settings())


@click.command()
@click.argument("options", type=click.Path(exists=True, dir_okay=False))
def simulator(options: str) -> None:
    """Run a simulated city against a running platform (what `demo` starts)."""
    from supportcarr_lab.demo.city_process import run_simulator

    sys.exit(run_simulator(Path(options)))


@click.command()
@click.argument("subject", type=click.Choice(["rescue"]))
def diagram(subject: str) -> None:
    """Print a diagram (Mermaid) of the state machine of a rescue."""
    from supportcarr_lab.generators.artefacts import rescue_diagram

    click.echo(rescue_diagram())
