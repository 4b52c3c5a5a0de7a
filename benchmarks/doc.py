"""Writes the results of the latest run into ``docs/benchmarks.md`` (``scripts/bench --doc``)."""

from __future__ import annotations

import json

from rig.markdown import figures, replace_figures
from rig.measure import RESULTS, ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    reports = {file.stem: json.loads(file.read_text()) for file in RESULTS.glob("*.json")}
    if not reports:
        raise SystemExit("There are no results yet. Run: make bench")
    PAGE.write_text(replace_figures(PAGE.read_text(), figures(reports)))
    print(f"Updated {PAGE.relative_to(ROOT)} with the results of {', '.join(sorted(reports))}.")


if __name__ == "__main__":
    main()
