"""``make chaos``: twelve minutes of the city under 30 kills and 2 wipes of Redis, on each engine in turn.

    ENGINES="sqlite mongodb"   which engines, in which order
    SEED=1                     of demand, of each actor's choices and of the blows
    PORT=8000                  and the next two
    LEAST=20                   rescues that must have been completed

Arguments are options of ``supportcarr demo`` that replace ours (a shorter city, more kills).  Each run has
a fresh folder, ``.data/chaos/ENGINE-SEED``, with the log, the outcome and the report.  MongoDB is the one
that the tests have (``rig.mongo``), with an empty database.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rig.mongo import choice, drop, with_database

from supportcarr.supervisor.child_process import die_with_parent

CITY = (
    *("--seconds", "720", "--riders", "60", "--drivers", "40", "--speed", "5"),
    *("--kills", "30", "--redis-wipes", "2"),
)
STOP_S = 60.0  # each process drains for ten seconds, one role after the other


def main(arguments: Sequence[str]) -> int:
    """0 if every run held."""
    seed = os.environ.get("SEED", "1")
    options = (*CITY, "--seed", seed, *arguments)
    told = []
    for engine in os.environ.get("ENGINES", "sqlite mongodb").split():
        with _store(engine) as (name, url):
            click.echo(f"\n── {engine} ({name}), seed {seed}")
            folder = Path(".data/chaos") / f"{engine}-{seed}"
            began = time.monotonic()
            code = _run(folder, url, options)
            told.append((f"{engine} ({name})", faults(folder, code, options), summary(folder, began)))
    click.echo()
    for engine, wrong, figures in told:
        click.echo(f"{'FAILS' if wrong else 'holds'}  {engine}, seed {seed}: {figures}")
        for sentence in wrong:
            click.echo(f"       {sentence}")
    return 1 if not told or any(wrong for _, wrong, _ in told) else 0


@contextmanager
def _store(engine: str) -> Iterator[tuple[str, str]]:
    """What it is called, and its URL (empty: SQLite in the data folder)."""
    if engine == "sqlite":
        yield "in the data folder", ""
        return
    if engine != "mongodb":
        raise SystemExit(f"chaos: {engine} is no engine; there are sqlite and mongodb")
    chosen = choice()
    if chosen.start is None:
        raise SystemExit(f"chaos: no MongoDB: {chosen.name}")
    with chosen.start() as server:
        name = f"chaos_{secrets.token_hex(6)}"
        yield chosen.name, with_database(server.url, name)
        drop(server.url, name)


def _run(folder: Path, store_url: str, options: Sequence[str]) -> int:
    """The demo's exit code; whatever happens here, it ends."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ours = os.getpid()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPPORTCARR_")}
    if store_url:
        environment["SUPPORTCARR_STORE_URL"] = store_url
        _set_up(environment, folder)
    report, port = str(folder / "report.json"), os.environ.get("PORT", "8000")
    demo = subprocess.Popen(
        [
            *(sys.executable, "-m", "supportcarr", "demo", *options),
            *("--port", port, "--data", str(folder), "--report", report),
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us, who tell the demo once
        preexec_fn=lambda: die_with_parent(ours, signal.SIGTERM),
    )
    try:
        return demo.wait()
    finally:
        if demo.poll() is None:
            demo.terminate()
            try:
                demo.wait(STOP_S)
            except subprocess.TimeoutExpired:
                demo.kill()
                demo.wait()


def _set_up(environment: Mapping[str, str], folder: Path) -> None:
    """As a deployment does it first: indexes, validators, shards, as far as the server has them."""
    command = [sys.executable, "-m", "supportcarr", "check", "--apply"]
    told = subprocess.run(
        command,
        env={**environment, "SUPPORTCARR_DATA": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    (folder / "check.txt").write_text(told.stdout)
    click.echo(f"check --apply: {told.stdout.strip().rpartition(chr(10))[2]}")


def faults(folder: Path, code: int, options: Sequence[str]) -> list[str]:
    """A sentence for each thing that is wrong with a run that ended with *code*."""
    if not (report := _read(folder / "report.json")):
        return [f"the demo ended with {code} and without a report"]
    least = int(os.environ.get("LEAST", "20"))
    done = report["rescues"]["completed"]
    asked = dict(zip(options[::2], options[1::2], strict=True))  # the last of an option wins
    wrong = [f"{name} fell" for name, holds in report["invariants"].items() if not holds]
    if done < least:
        wrong.append(f"{done} rescues were completed, not {least}")
    if (dealt := report["kills"]) != int(asked["--kills"]):
        wrong.append(f"{dealt} kills were dealt, not {asked['--kills']}")
    if (dealt := report["redis_wipes"]) != int(asked["--redis-wipes"]):
        wrong.append(f"{dealt} wipes were dealt, not {asked['--redis-wipes']}")
    crashed = _read(folder / "outcome.json")["crashed"]
    wrong += [f"the simulator broke down: {actor}" for actor in crashed]
    if code and not wrong:
        wrong.append(f"the demo ended with {code}")
    return wrong


def summary(folder: Path, began: float) -> str:
    """The run's figures in a line; *began* is monotonic."""
    report = _read(folder / "report.json")
    if not report:
        return f"log: {folder}/supportcarr.log"
    rescues, events, http = report["rescues"], report["events"], report["http"]
    log = _log(folder / "supportcarr.log")
    killed = Counter(line["role"] for line in log if line.get("why") == "fault injection")
    errors = sum(line.get("level") in ("error", "critical") for line in log)
    return (
        f"{rescues['completed']} of {rescues['requested']} rescues completed, "
        f"{events['expected']} events ({events['reloaded']} reloaded), "
        f"{http['requests']} requests ({http['failed']} cut off, {http['refused_503']} refused), "
        f"killed: {', '.join(f'{role} {n}' for role, n in sorted(killed.items()))}; "
        f"Redis wiped: {report['redis_wipes']}; errors in the log: {errors}; "
        f"{(time.monotonic() - began) / 60:.1f} minutes"
    )


def _log(file: Path) -> list[Mapping[str, Any]]:
    """The log's lines; a stack trace that a process left among them is an error."""
    lines: list[Mapping[str, Any]] = []
    for text in file.read_text(errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            line = {"level": "error"} if text.startswith("Traceback") else {}
        lines.append(line if isinstance(line, dict) else {})
    return lines


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
