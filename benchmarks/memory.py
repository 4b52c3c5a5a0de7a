"""Memory of ``supportcarr demo`` and time until it serves its first page, beside another checkout.

    .venv/bin/python benchmarks/memory.py --against ../other-checkout

Both checkouts run the same city with the same number of accounts and of processes; each is run with its own
``.venv``.  Memory is the sum of PSS (proportional set size): pages that processes share count once.  It is
read while the simulated people are stopped: after everyone has signed in, and after a number of rescues has
ended.  The emulators and the simulator stand for what is outside the platform: they are shown, and
counted in a sum of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rig.cpu import Others
from rig.demo import APART, SIGNED_IN_WITHIN_S, running_demo
from rig.measure import RESULTS, ROOT, machine, scratch
from rig.ratios import MAX_CPU_OF_OTHERS, Bar
from rig.tables import verdict

Figures = Mapping[str, Any]

RESCUES = 500
RESCUES_WITHIN_S = 1800.0
DEMO: Mapping[str, Any] = {"riders": 60, "drivers": 40, "rescues": RESCUES, "settle_s": 10.0}
MOMENTS = ("signed in", f"after {RESCUES} rescues")
BARS = {"memory": Bar("at most", 0.55), "start_s": Bar("at most", 0.7)}


def start_up_seconds(checkout: Path, folder: Path) -> float:
    """Seconds from the start of a demo without people to the first page."""
    with running_demo(checkout, folder, riders=1, drivers=1) as demo:
        return demo.until_first_page()


def memory(
    checkout: Path, folder: Path, *, riders: int, drivers: int, rescues: int, settle_s: float
) -> list[list[tuple[str, int]]]:
    """The title and PSS (bytes) of each process at each of the ``MOMENTS``."""
    with running_demo(checkout, folder, riders=riders, drivers=drivers) as demo:
        demo.until(lambda city: city.drivers >= drivers and city.riders >= riders, SIGNED_IN_WITHIN_S)
        with demo.idle(settle_s):
            signed_in = demo.memory()
        demo.until(lambda city: city.finished >= rescues, RESCUES_WITHIN_S)
        with demo.idle(settle_s):
            return [signed_in, demo.memory()]


def summary(processes: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Megabytes of each process, and of the platform, of what is apart, and of all."""
    total = sum(size for _, size in processes)
    apart = sum(size for title, size in processes if title in APART)
    figures = {"platform": total - apart, "apart": apart, "all": total}
    return {name: round(size / 1e6, 1) for name, size in figures.items()} | {
        "processes": [[title, round(size / 1e6, 1)] for title, size in processes]
    }


def compare(ours: Path, base: Path, *, rounds: int = 3, **city: Any) -> dict[str, Any]:
    """Both checkouts' figures and their ratios; start-up is the median of *rounds* interleaved runs.

    *city*: the parameters of ``memory``.
    """
    checkouts = {"ours": ours, "base": base}
    starts: dict[str, list[float]] = {name: [] for name in checkouts}
    report: dict[str, Any] = {}
    with scratch() as folder, Others() as others:
        for number in range(rounds):
            for name, checkout in checkouts.items():
                starts[name].append(start_up_seconds(checkout, folder / f"start-{name}-{number}"))
        for name, checkout in checkouts.items():
            read = memory(checkout, folder / f"memory-{name}", **city)
            report[name] = {
                "start_s": round(median(starts[name]), 2),
                "memory": [summary(processes) for processes in read],
            }
    share = round(others.share, 3)
    report["base_commit"] = _commit(base)
    report["moments"] = MOMENTS
    return report | {"others": share, "ratios": ratios(report["ours"], report["base"], share)}


def _commit(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - our own command


def ratios(ours: Figures, base: Figures, others: float) -> list[dict[str, Any]]:
    """Ours divided by the base's, and whether the bar is met.

    A time that misses its bar is not judged if *others* used much of the machine.
    """
    values = [("start_s", "start-up", ours["start_s"] / base["start_s"])]
    for number, moment in enumerate(MOMENTS):
        for of in ("platform", "all"):
            value = ours["memory"][number][of] / base["memory"][number][of]
            values.append(("memory", f"{of}, {moment}", value))
    rows = []
    for figure, what, value in values:
        met = BARS[figure].met(value)
        judged = met or figure == "memory" or others <= MAX_CPU_OF_OTHERS
        row = {"figure": figure, "what": what, "ratio": round(value, 2), "met": met if judged else None}
        rows.append(row)
    return rows


def print_report(report: dict[str, Any]) -> None:
    for number, moment in enumerate(MOMENTS):
        print(f"\nPSS in MB, {moment}")
        for name in ("ours", "base"):
            told = report[name]["memory"][number]
            print(f"  {name}: platform {told['platform']:g} + apart {told['apart']:g} = {told['all']:g}")
            print("   ", ", ".join(f"{title} {size:g}" for title, size in told["processes"]))
    print("\nSeconds until the first page")
    for name in ("ours", "base"):
        print(f"  {name}: {report[name]['start_s']:g}")
    print("\nRatios")
    for one in report["ratios"]:
        bar = BARS[one["figure"]]
        print(f"  {one['what']}: {one['ratio']:g} (bar: {bar.way} {bar.limit:g}: {verdict(one['met'])})")
    print(f"\nOther processes used {report['others']:.0%} of the machine.")


def save(report: dict[str, Any]) -> None:
    """Print the report, and write it where ``scripts/bench --doc`` finds it."""
    print_report(report)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "memory.json").write_text(json.dumps(report, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--against", type=Path, required=True, help="folder of the other checkout, set up")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved runs of the start-up")
    parser.add_argument("--riders", type=int, default=DEMO["riders"])
    parser.add_argument("--drivers", type=int, default=DEMO["drivers"])
    parser.add_argument("--rescues", type=int, default=DEMO["rescues"])
    parser.add_argument(
        "--settle", type=float, default=DEMO["settle_s"], help="idle seconds before memory is read"
    )
    options = parser.parse_args()
    report = compare(
        ROOT,
        options.against.resolve(),
        rounds=options.rounds,
        riders=options.riders,
        drivers=options.drivers,
        rescues=options.rescues,
        settle_s=options.settle,
    ) | {"machine": machine()}
    save(report)


if __name__ == "__main__":
    main()
