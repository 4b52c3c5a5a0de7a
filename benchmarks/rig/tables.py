"""The tables that a run prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_BAR = {
    "mix_per_second_to_peer": (2.5, "≥"),
    "me_per_second_to_peer": (3.0, "≥"),
    "me_cpu_to_echo": (4.0, "≤"),
}


def of_scenario(title: str, medians: Sequence[dict[str, Any]]) -> str:
    """One row a server."""
    figures = f"{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'CPU µs/req':>12}{'good':>9}"
    lines = [f"\n{title}", f"  {'':<20}{figures}   CPU µs by process"]
    for row in medians:
        roles = ", ".join(f"{role} {us:.0f}" for role, us in row["cpu_us_by_role"].items())
        lines.append(
            f"  {row['server']:<20}{row['per_second']:>9,}{row['p50_ms']:>9.2f}{row['p95_ms']:>9.2f}"
            f"{row['p99_ms']:>9.2f}{row['cpu_us']:>12.1f}{row['succeeded']:>9.2%}   {roles}"
        )
    return "\n".join(lines)


def of_ratios(ratios: dict[str, float]) -> str:
    """Each ratio, and the bar where there is one."""
    lines = ["\nRatios (medians of the same run)"]
    for name, value in ratios.items():
        bar = ""
        if name in _BAR:
            limit, way = _BAR[name]
            met = value >= limit if way == "≥" else value <= limit
            bar = f"   (bar: {way} {limit:g}: {'met' if met else 'NOT met'})"
        lines.append(f"  {name.replace('_', ' '):<34}{value:>6.2f}{bar}")
    return "\n".join(lines)
