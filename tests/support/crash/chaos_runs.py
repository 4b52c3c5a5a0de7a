"""``make chaos``: run the demo for twelve minutes with 30 kills and 2 wipes of Redis, on each engine in turn.

    ENGINES="sqlite mongodb"   engines, in this order
    SEED=1                     seed of the demand, the actors' choices and the injected faults
    PORT=8000                  first of three consecutive ports
    LEAST=20                   minimum of completed rescues

Arguments are options of ``supportcarr demo`` and override the defaults (a shorter run, more kills).  Each run
has a fresh folder, ``.data/chaos/ENGINE-SEED``, with its log, outcome and report.  The MongoDB server is that
of the tests (``rig.mongo``), with an empty database.
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
STOP_S = 60.0  # the roles drain one after the other, up to ten seconds each


def main(arguments: Sequence[str]) -> int:
    """Run the engines in turn; return 0 if no run has problems."""
    seed = os.environ.get("SEED", "1")
    options = (*CITY, "--seed", seed, *arguments)
    results = []
    for engine in os.environ.get("ENGINES", "sqlite mongodb").split():
        with _store(engine) as (name, url):
            click.echo(f"\n── {engine} ({name}), seed {seed}")
            folder = Path(".data/chaos") / f"{engine}-{seed}"
            began = time.monotonic()
            code = _run(folder, url, options)
            results.append(
                (f"{engine} ({name})", find_problems(folder, code, options), summary(folder, began))
            )
    click.echo()
    for engine, problems, figures in results:
        click.echo(f"{'FAILED' if problems else 'passed'}  {engine}, seed {seed}: {figures}")
        for problem in problems:
            click.echo(f"        {problem}")
    return 1 if not results or any(problems for _, problems, _ in results) else 0


@contextmanager
def _store(engine: str) -> Iterator[tuple[str, str]]:
    """Name and URL of the engine's store; an empty URL means SQLite in the data folder."""
    if engine == "sqlite":
        yield "in the data folder", ""
        return
    if engine != "mongodb":
        raise SystemExit(f"chaos: unknown engine {engine}; known: sqlite, mongodb")
    chosen = choice()
    if chosen.start is None:
        raise SystemExit(f"chaos: no MongoDB: {chosen.name}")
    with chosen.start() as server:
        name = f"chaos_{secrets.token_hex(6)}"
        yield chosen.name, with_database(server.url, name)
        drop(server.url, name)


def _run(folder: Path, store_url: str, options: Sequence[str]) -> int:
    """Run the demo and return its exit code.  It is stopped if this process fails."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    parent = os.getpid()
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
        start_new_session=True,  # so that Ctrl-C reaches only this process, which stops the demo once
        preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
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
    """Create indexes, validators and shards, as a deployment does before its first start."""
    command = [sys.executable, "-m", "supportcarr", "check", "--apply"]
    check = subprocess.run(
        command,
        env={**environment, "SUPPORTCARR_DATA": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    (folder / "check.txt").write_text(check.stdout)
    click.echo(f"check --apply: {check.stdout.strip().rpartition(chr(10))[2]}")


def find_problems(folder: Path, code: int, options: Sequence[str]) -> list[str]:
    """A sentence for each problem of a run whose exit code was *code*."""
    if not (report := _read(folder / "report.json")):
        return [f"the demo ended with {code} and without a report"]
    least = int(os.environ.get("LEAST", "20"))
    done = report["rescues"]["completed"]
    expected = dict(zip(options[::2], options[1::2], strict=True))  # the last value of an option counts
    problems = [f"invariant {name} failed" for name, holds in report["invariants"].items() if not holds]
    if done < least:
        problems.append(f"{done} rescues were completed, not {least}")
    if (kills := report["kills"]) != int(expected["--kills"]):
        problems.append(f"{kills} processes were killed, not {expected['--kills']}")
    if (wipes := report["redis_wipes"]) != int(expected["--redis-wipes"]):
        problems.append(f"Redis was wiped {wipes} times, not {expected['--redis-wipes']}")
    crashed = _read(folder / "outcome.json")["crashed"]
    problems += [f"the simulator failed: {actor}" for actor in crashed]
    if code and not problems:
        problems.append(f"the demo ended with {code}")
    return problems


def summary(folder: Path, began: float) -> str:
    """The run's figures in one line; *began* is the monotonic time of its start."""
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
        f"{http['requests']} requests ({http['failed']} without a response, {http['refused_503']} refused), "
        f"killed: {', '.join(f'{role} {n}' for role, n in sorted(killed.items()))}; "
        f"Redis wiped: {report['redis_wipes']}; errors in the log: {errors}; "
        f"{(time.monotonic() - began) / 60:.1f} minutes"
    )


def _log(file: Path) -> list[Mapping[str, Any]]:
    """The lines of the log; a stack trace among them counts as an error."""
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
