"""Writes the figures of the last run into ``docs/benchmarks.md``: ``scripts/bench --doc``."""

from __future__ import annotations

import json

from rig.markdown import figures, put
from rig.measure import RESULTS, ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    reports = {file.stem: json.loads(file.read_text()) for file in RESULTS.glob("*.json")}
    if not reports:
        raise SystemExit("There are no results yet: make bench.")
    PAGE.write_text(put(PAGE.read_text(), figures(reports)))
    print(f"{PAGE.relative_to(ROOT)} has the figures of {', '.join(sorted(reports))}.")


if __name__ == "__main__":
    main()
