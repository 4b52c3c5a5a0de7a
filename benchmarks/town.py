"""How long ``supportcarr seed town`` takes at full size.  Writes ``benchmarks/results/town.json``.

``python benchmarks/town.py [--drivers N] [--rescues N]``: fills a new SQLite store in this process, as the
command does, and then checks it: the store and ledger (``check``) and the audit log (``audit verify``).  The
bar: 1,000 drivers and 50,000 rescues in under two minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from rig.cpu import Others
from rig.measure import RESULTS, cpu_seconds, machine, scratch
from rig.tables import verdict

from supportcarr.bootstrap.audit_commands import run_verify
from supportcarr.bootstrap.checks import run_check
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.runtime.private_files import PRIVATE_UMASK
from supportcarr_lab.town.options import TownOptions
from supportcarr_lab.town.seeding import seed_town

UNTIL = date(2026, 3, 11)  # the same town each time
MOST_S = 120.0
MB = 1024 * 1024


def fill(settings: Settings, options: TownOptions) -> dict[str, Any]:
    """Seed the town: seconds of each step, CPU, and what was written."""
    with Others() as others:
        began, used = time.perf_counter(), cpu_seconds()
        gc.disable()  # as the command does
        try:
            seeding = seed_town(settings, options, "supportcarr seed town", lambda text: print(f"  {text}"))
            summary = asyncio.run(seeding)
        finally:
            gc.enable()
        seconds, used = time.perf_counter() - began, cpu_seconds() - used
    return {
        "seconds": round(seconds, 1),
        "steps": {name: round(spent, 1) for name, spent in summary.seconds.items()},
        "cpu_s": round(used, 1),
        "others": round(others.share, 3),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB),
        "documents": summary.documents,
        "objects": summary.objects,
    }


def check(settings: Settings) -> dict[str, float]:
    """Seconds of the two commands.  Exits if one of them finds something."""
    began = time.perf_counter()
    findings = [finding.text for finding in run_check(settings, apply=False) if not finding.harmless]
    checked = time.perf_counter()
    problems = run_verify(settings, None).problems
    if findings or problems:
        raise SystemExit(f"The town is not as it should be: {findings} {problems}")
    return {"check": round(checked - began, 1), "audit verify": round(time.perf_counter() - checked, 1)}


def run(folder: Path, options: TownOptions) -> dict[str, Any]:
    settings = load_settings({"SUPPORTCARR_DATA": str(folder)}, dotenv=None)
    found = fill(settings, options)
    size = sum(path.stat().st_size for path in folder.glob("supportcarr.sqlite3*"))
    full_size = options.drivers >= TownOptions.drivers and options.rescues >= TownOptions.rescues
    met = found["seconds"] < MOST_S if full_size else None
    return found | {"store_mb": round(size / MB), "checks": check(settings), "bar_s": MOST_S, "met": met}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--drivers", type=int, default=TownOptions.drivers)
    parser.add_argument("--rescues", type=int, default=TownOptions.rescues)
    given = parser.parse_args()
    options = TownOptions(until=UNTIL, drivers=given.drivers, rescues=given.rescues)
    told = machine()
    os.umask(PRIVATE_UMASK)
    with scratch() as folder:
        found = run(folder, options)
    print(
        f"{options.drivers} drivers and {options.rescues} rescues: {found['documents']:,} documents and "
        f"{found['objects']:,} objects in {found['seconds']} s (bar: below {MOST_S:g} s: "
        f"{verdict(found['met'])}), {found['cpu_s']} s of CPU, {found['memory_mb']} MB; others used "
        f"{found['others']:.0%} of the machine"
    )
    for name, seconds in (found["steps"] | found["checks"]).items():
        print(f"  {name:<20}{seconds:>6.1f} s")
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": told, "drivers": options.drivers, "rescues": options.rescues} | found
    (RESULTS / "town.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
