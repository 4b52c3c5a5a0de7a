"""The tables that a run prints on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rig.ratios import MAX_CPU_OF_OTHERS, Ratio, max_cpu_of_others


def of_scenario(title: str, medians: Sequence[dict[str, Any]]) -> str:
    """One row per server."""
    figures = f"{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'CPU µs/req':>12}{'good':>9}"
    lines = [f"\n{title}", f"  {'':<30}{figures}   CPU µs by process"]
    for row in medians:
        roles = ", ".join(f"{role} {us:.0f}" for role, us in row["cpu_us_by_role"].items())
        lines.append(
            f"  {row['server']:<30}{row['per_second']:>9,}{row['p50_ms']:>9.2f}{row['p95_ms']:>9.2f}"
            f"{row['p99_ms']:>9.2f}{row['cpu_us']:>12.1f}{row['succeeded']:>9.2%}   {roles}"
        )
    return "\n".join(lines)


def of_ratios(ratios: Sequence[Ratio]) -> str:
    """Each ratio, with its bar if it has one."""
    lines = ["\nSupportCarr's figures, divided by those of each other server in the same run"]
    for ratio in ratios:
        what = "req/s" if ratio.figure == "per_second" else "CPU µs/req"
        judged = ""
        if ratio.bar is not None:
            judged = f"   (bar: {ratio.bar.way} {ratio.bar.limit:g}: {verdict(ratio.met)})"
        lines.append(
            f"  {ratio.scenario:<8}{what:<12}{ratio.of:<14}{ratio.to:<15}{ratio.value:>6.2f}{judged}"
        )
    return "\n".join(lines)


def verdict(met: bool | None) -> str:
    """The result of a bar in words; ``None``: not judged."""
    return "not judged" if met is None else "met" if met else "NOT met"


def busy_warning(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A warning if other processes used much of the machine during a run, else an empty string."""
    most = max((max_cpu_of_others(rows) for rows in results.values()), default=0.0)
    if most <= MAX_CPU_OF_OTHERS:
        return ""
    return (
        f"THE MACHINE WAS BUSY: other processes used up to {most:.0%} of it during a run, and not the same "
        "share of each run. The bars of rates are therefore not judged. CPU per request is more reliable."
    )
