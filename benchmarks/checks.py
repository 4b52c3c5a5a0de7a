"""What the checks of a request cost.  Writes ``benchmarks/results/checks.json``.

``python benchmarks/checks.py [--seconds S] [--rounds N]``: requests per second of ``GET /me`` with
remembered tokens and with tokens verified each time, with rate limits and without, in runs that alternate.
Each ratio is the geometric mean over the rounds, in which all four ran one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rig import scenarios
from rig.city import build
from rig.load import PacedLoad, Run, median, need_wrk
from rig.measure import RESULTS, machine, scratch
from rig.pairs import paired_ratio
from rig.seed import seed_again, seed_ours, tokens_of
from rig.servers import Ours

PROGRAM = (sys.executable, str(Path(__file__).parent / "rig" / "unchecked_api.py"))
WARM_UP_S = 4.0
VERIFY, UNLIMITED = "--verify-each-token", "--without-limits"
FULL = "tokens remembered, limits on"  # as it is
VARIANTS: dict[str, tuple[str, ...]] = {
    FULL: (),
    "tokens verified each time, limits on": (VERIFY,),
    "tokens remembered, limits off": (UNLIMITED,),
    "tokens verified each time, limits off": (VERIFY, UNLIMITED),
}


async def measure(folder: Path, rounds: int, seconds: float) -> dict[str, list[Run]]:
    """The runs of each variant."""
    servers: dict[str, Ours] = {}
    async with AsyncExitStack() as closing:
        for number, (name, flags) in enumerate(VARIANTS.items()):
            first = servers.get(FULL)
            server = Ours(
                folder / f"variant-{number}",
                secrets=first.folder if first else None,
                program=(*PROGRAM, *flags),
            )
            server.key, server.name = f"variant-{number}", name
            servers[name] = server
        first, *others = servers.values()
        city = await seed_ours(first.settings, build)
        for other in others:
            await seed_again(other.settings, city, first.settings)
        for server in servers.values():
            closing.push_async_callback(server.stop)
            await server.start()
        offset = await first.city_offset_seconds()
        file = folder / "me.requests"
        requests = scenarios.requests_of("me", city)
        scenarios.write(file, requests, city, tokens_of(first.settings.auth, city))
        load = PacedLoad(
            file,
            offset,
            users=len({request.user for request in requests}),
            per_minute=first.settings.limits.user_per_minute,
            full_again={},
        )

        async def one(name: str, seconds: float) -> Run:
            return await load.run(servers[name], seconds, limited=UNLIMITED not in VARIANTS[name])

        for name in VARIANTS:
            await one(name, WARM_UP_S)
        runs: dict[str, list[Run]] = {name: [] for name in VARIANTS}
        for number in range(rounds):
            names = list(VARIANTS)
            for name in names if number % 2 == 0 else reversed(names):
                runs[name].append(await one(name, seconds))
                print(f"  {name:<40}{runs[name][-1].per_second:>10,.0f} req/s", flush=True)
        return runs


def rows_of(runs: dict[str, list[Run]]) -> list[dict[str, Any]]:
    """A row for each variant: medians, and its figures divided by those with all checks."""
    figures = {name: [asdict(run) for run in of_variant] for name, of_variant in runs.items()}
    rows = []
    for name, of_variant in runs.items():
        ratios = {
            figure: paired_ratio(
                "checks",
                figure,
                [run[figure] for run in figures[name]],
                [run[figure] for run in figures[FULL]],
            ).value
            for figure in ("per_second", "cpu_us")
        }
        rows.append({"variant": name} | median(of_variant) | {"ratios": ratios})
    return rows


def print_rows(rows: Sequence[dict[str, Any]]) -> None:
    figures = f"{'req/s':>9}{'p95 ms':>9}{'CPU µs/req':>12}{'good':>9}"
    print(f"{'GET /me':<42}{figures}   beside all checks: req/s, CPU")
    for row in rows:
        ratios = row["ratios"]
        print(
            f"{row['variant']:<42}{row['per_second']:>9,}{row['p95_ms']:>9.2f}{row['cpu_us']:>12.1f}"
            f"{row['succeeded']:>9.2%}   {ratios['per_second']:.3f}, {ratios['cpu_us']:.3f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one run")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each variant")
    options = parser.parse_args()
    need_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    told = machine()
    with scratch() as folder:
        rows = rows_of(asyncio.run(measure(folder, options.rounds, options.seconds)))
    print_rows(rows)
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": told, "seconds": options.seconds, "rounds": options.rounds, "rows": rows}
    (RESULTS / "checks.json").write_text(json.dumps(report, indent=2) + "\n")
    failed = [row["variant"] for row in rows if row["succeeded"] < 0.999]
    for name in failed:
        print(f"{name}: requests failed, so its figures cannot be compared.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
