"""The command ``supportcarr``.  Each role's imports wait until it is asked for, so that starts are quick."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.redis.server import RedisServerError
from supportcarr.kit.settings import Settings, SettingsError, load
from supportcarr.kit.store.port import StoreUnavailable


def _settings() -> Settings:
    return load()


class _Plain(click.Group):
    """Tells what a person can mend as one sentence, without a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SettingsError, RedisServerError) as error:
            raise click.ClickException(str(error)) from None
        except StoreUnavailable as error:
            raise click.ClickException(f"The store cannot be used: {error}") from None
        except RedisError as error:
            raise click.ClickException(f"Redis cannot be used: {error}") from None


@click.group(cls=_Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="supportcarr")
def main() -> None:
    """SupportCarr: roadside rescue for e-bike riders."""


@main.command()
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
    help="City seconds a wall second.",
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
    """A whole city on this machine: every process, the twins, riders, drivers and the apps."""
    from supportcarr.demo.command import run
    from supportcarr.demo.options import DemoOptions

    if (options["kills"] or options["redis_wipes"]) and options["seconds"] is None:
        raise click.UsageError("--kills and --redis-wipes spread over --seconds; give that too.")
    sys.exit(run(DemoOptions(**options)))


@main.command()
def up() -> None:
    """Every process of the platform, supervised, without a simulated city."""
    from supportcarr.demo.command import run_up

    sys.exit(run_up(_settings()))


@main.command()
def api() -> None:
    """The HTTP edge."""
    from supportcarr.bootstrap.processes import run_api

    run_api(_settings())


@main.command()
def realtime() -> None:
    """The Socket.IO edge."""
    from supportcarr.bootstrap.processes import run_realtime

    run_realtime(_settings())


@main.command()
def worker() -> None:
    """Jobs, deadlines and sweeps."""
    from supportcarr.bootstrap.processes import run_worker

    run_worker(_settings())


@main.command()
def sandbox() -> None:
    """The twins of services behind a key (local profile only)."""
    from supportcarr.bootstrap.processes import run_sandbox

    run_sandbox(_settings())


@main.command()
@click.argument("options", type=click.Path(exists=True, dir_okay=False))
def simulator(options: str) -> None:
    """A simulated city against a running platform (what `demo` starts)."""
    from supportcarr.demo.city import run_simulator

    sys.exit(run_simulator(Path(options)))


@main.command()
def seed() -> None:
    """Service areas, tariffs and the operators' accounts of the demo (safe to repeat)."""
    from supportcarr.bootstrap.processes import run_seed

    run_seed(_settings())


@main.command()
@click.option("--apply", is_flag=True, help="Mend what can be mended.")
def check(apply: bool) -> None:
    """Verify settings, stores and indexes; says what is wrong in plain words."""
    from supportcarr.bootstrap.commands import run_check

    findings = run_check(_settings(), apply=apply)
    for finding in findings:
        click.echo(finding)
    click.echo("Everything is as declared." if not findings else f"{len(findings)} thing(s) to look at.")
    sys.exit(1 if findings else 0)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the embedded store to FILE, as it is at one moment, while it is being used."""
    from supportcarr.bootstrap.commands import run_backup

    if trouble := run_backup(_settings(), file):
        raise click.ClickException(trouble)
    click.echo(f"The store is in {file}.")


@main.group()
def jobs() -> None:
    """Background jobs: look at dead letters and run them again."""


@jobs.command("list")
def list_jobs() -> None:
    """Dead letters, one JSON line each."""
    from supportcarr.bootstrap.commands import run_jobs

    for line in run_jobs(_settings(), replay=None):
        click.echo(line)


@jobs.command("replay")
@click.argument("job_id")
def replay_job(job_id: str) -> None:
    """Run a dead letter again."""
    from supportcarr.bootstrap.commands import run_jobs

    for line in run_jobs(_settings(), replay=job_id):
        click.echo(line)


@main.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from supportcarr.generated import openapi_document

    click.echo(json.dumps(openapi_document(), indent=2))


@main.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the Socket.IO events."""
    from supportcarr.generated import asyncapi_document

    click.echo(json.dumps(asyncapi_document(), indent=2))


@main.command()
@click.argument("subject", type=click.Choice(["rescue"]))
def diagram(subject: str) -> None:
    """Print a diagram (Mermaid) of the life of a rescue."""
    from supportcarr.generated import rescue_diagram

    click.echo(rescue_diagram())
