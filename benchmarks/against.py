"""This checkout beside another commit: requests, whole rescues, memory, start-up, in runs that alternate.

``python benchmarks/against.py --against COMMIT`` checks the commit out, sets it up, prints the figures of
both builds and writes ``benchmarks/results/against.json`` and ``memory.json``.
``docs/benchmarks.md`` explains them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import memory
import msgspec
from rig import load, markdown, scenarios, whole_rescue
from rig.checkouts import Checkout, checkout_of, this_checkout
from rig.city import City, build
from rig.cpu import ProcessGone
from rig.load import PacedLoad, Run, need_wrk
from rig.measure import RESULTS, ROOT, machine, scratch
from rig.pairs import BASE, OURS, order, others_of, paired_ratios
from rig.rescue_people import PAIRS, NotFinished
from rig.seed import seed_again, seed_ours, tokens_of
from rig.servers import Ours
from rig.whole_platform import running_platform
from rig.whole_rescue import Rescues, rescues_on

from supportcarr.kit.http.server import run as run_loop
from supportcarr_lab.simulator.client import RequestFailed

WARM_UP_S = 4.0
WHOLE_RESCUE, MEMORY = "whole-rescue", "memory"
SCENARIOS = (*scenarios.SCENARIOS, WHOLE_RESCUE, MEMORY)
LEAST_SUCCEEDED = 0.999

Checkouts = Mapping[str, Checkout]


class Build(Ours):
    """The API processes and the Redis of one checkout, as ``Ours``."""

    def __init__(self, key: str, checkout: Checkout, folder: Path, *, secrets: Path | None = None) -> None:
        super().__init__(folder, secrets=secrets, program=checkout.program)
        self.key, self.name = key, checkout.commit


@dataclass(frozen=True, slots=True)
class Builds:
    """The API of both builds, with the same city in their stores."""

    servers: Mapping[str, Build]
    city: City
    city_offset_s: float
    full_again: dict[str, float] = field(default_factory=dict)  # see ``PacedLoad``


@asynccontextmanager
async def running(checkouts: Checkouts, folder: Path) -> AsyncIterator[Builds]:
    """Seed and start the API of both builds."""
    ours = Build(OURS, checkouts[OURS], folder / OURS)
    base = Build(BASE, checkouts[BASE], folder / BASE, secrets=ours.folder)
    city = await seed_ours(ours.settings, build)
    await seed_again(base.settings, city, ours.settings, seals=checkouts[BASE].seals)
    async with AsyncExitStack() as closing:
        for server in (ours, base):
            closing.push_async_callback(server.stop)
            await server.start()
        yield Builds({OURS: ours, BASE: base}, city, await ours.city_offset_seconds())


async def requests(builds: Builds, scenario: str, folder: Path, pairs: int, seconds: float) -> dict[str, Any]:
    """The figures of one scenario of requests: many short runs, alternately of the two builds."""
    file = folder / f"{scenario}.requests"
    made = scenarios.requests_of(scenario, builds.city)
    settings = builds.servers[OURS].settings
    scenarios.write(file, made, builds.city, tokens_of(settings.auth, builds.city))
    paced = PacedLoad(
        file,
        builds.city_offset_s,
        users=len({request.user for request in made}),
        per_minute=settings.limits.user_per_minute,
        full_again=builds.full_again,
    )
    for server in builds.servers.values():
        await paced.run(server, WARM_UP_S)
    runs: dict[str, list[Run]] = {OURS: [], BASE: []}
    for both in order(pairs):
        for key in both:
            runs[key].append(await paced.run(builds.servers[key], seconds))
    figures = {key: [asdict(run) for run in of_build] for key, of_build in runs.items()}
    rows = {key: load.median(of_build) for key, of_build in runs.items()}
    return rows | comparison(scenario, ("per_second", "p95_ms", "cpu_us"), figures)


def comparison(
    scenario: str, figures: Sequence[str], runs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """The ratios of the two builds, and the share of the machine that other processes used."""
    ratios = paired_ratios(scenario, figures, runs)
    told = ", ".join(f"{ratio.figure} {ratio.value:g}" for ratio in ratios)
    print(f"{scenario}: this commit divided by the other one: {told}", flush=True)
    return {"ratios": msgspec.to_builtins(ratios), "others": round(others_of(runs), 3)}


async def whole_rescues(checkouts: Checkouts, folder: Path, pairs: int, count: int) -> dict[str, Any]:
    """The figures of whole rescues: both platforms run, and are asked for rescues alternately."""
    async with AsyncExitStack() as closing:
        platforms: dict[str, Rescues] = {}
        for key, checkout in checkouts.items():
            data = folder / f"{WHOLE_RESCUE}-{key}"
            platform = await closing.enter_async_context(running_platform(checkout, data))
            platforms[key] = await closing.enter_async_context(rescues_on(platform))
        for rescues in platforms.values():
            await rescues.run(2 * PAIRS)  # warms up
        runs: dict[str, list[dict[str, Any]]] = {OURS: [], BASE: []}
        for both in order(pairs):
            for key in both:
                runs[key].append(await platforms[key].run(count))
        idle = {key: rescues.idle for key, rescues in platforms.items()}
    rows = {
        key: whole_rescue.median(of_build) | {"idle_cores": round(idle[key], 3)}
        for key, of_build in runs.items()
    }
    return rows | comparison(WHOLE_RESCUE, ("per_second", "cpu_ms"), runs)


def measure(checkouts: Checkouts, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of each scenario that was asked for, but memory."""
    wanted: Sequence[str] = options.scenario or SCENARIOS
    found: dict[str, Any] = {}
    with scratch() as folder:
        os.chdir(folder)  # a .env file in the caller's folder must not change what is measured
        try:
            if of_requests := [name for name in scenarios.SCENARIOS if name in wanted]:
                need_wrk()

                async def all_requests() -> None:
                    async with running(checkouts, folder) as builds:
                        for name in of_requests:
                            found[name] = await requests(builds, name, folder, options.pairs, options.seconds)

                asyncio.run(all_requests())
            if WHOLE_RESCUE in wanted:
                # On the faster loop, so that the load generator takes less of the machine.
                async def all_rescues() -> None:
                    found[WHOLE_RESCUE] = await whole_rescues(
                        checkouts, folder, options.rescue_pairs, options.rescues
                    )

                run_loop(all_rescues())
        finally:
            os.chdir(ROOT)
    return found


def problems_of(found: Mapping[str, Any]) -> list[str]:
    """Why the figures cannot be compared; empty if they can."""
    problems = []
    for scenario, results in found.items():
        for key in (OURS, BASE):
            row = results[key]
            if row.get("succeeded", 1.0) < LEAST_SUCCEEDED:
                problems.append(
                    f"{scenario}: only {row['succeeded']:.2%} of {key}'s responses were successful."
                )
            if not row.get("quiet", True):
                problems.append(f"{scenario}: the platform of {key} did not become idle after a run.")
    return problems


def bench(options: argparse.Namespace) -> int:
    checkouts = {OURS: this_checkout(), BASE: checkout_of(options.against)}
    report = {
        "machine": machine(),
        "base_commit": checkouts[BASE].commit,
        "pairs": options.pairs,
        "seconds": options.seconds,
        "rescue_pairs": options.rescue_pairs,
        "rescues": options.rescues,
        "rescues_at_once": PAIRS,
    }
    RESULTS.mkdir(exist_ok=True)
    found = measure(checkouts, options)
    if found:
        report["scenarios"] = found
        print(markdown.figures({"against": report}))
        (RESULTS / "against.json").write_text(json.dumps(report, indent=2) + "\n")
    if MEMORY in (options.scenario or SCENARIOS):
        memory.save(memory.compare(ROOT, checkouts[BASE].folder, **memory.DEMO) | {"machine": machine()})
    problems = problems_of(found)
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--against",
        required=True,
        metavar="COMMIT",
        help="the commit to compare with, or the folder of a checkout that is set up",
    )
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="default: all")
    parser.add_argument("--pairs", type=int, default=12, help="pairs of runs of each scenario of requests")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one such run")
    parser.add_argument("--rescue-pairs", type=int, default=6, help="pairs of runs of whole rescues")
    parser.add_argument("--rescues", type=int, default=4 * PAIRS, help="rescues in one such run")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    options = parser.parse_args(arguments)
    try:
        return bench(options)
    except KeyboardInterrupt:
        return 130
    except (ProcessGone, NotFinished, RequestFailed) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
