"""Ratios of two builds whose runs alternate, and the bars that they must meet.

A machine that others use becomes faster and slower within minutes.  Two runs that follow each other see
nearly the same machine, so their ratio is steadier than either figure: the geometric mean over all pairs is
what is judged.  The ratio of the medians is shown beside it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rig.ratios import MAX_CPU_OF_OTHERS, Bar

OURS, BASE = "ours", "base"
BARS: Mapping[tuple[str, str], Bar] = {
    ("me", "per_second"): Bar("at least", 0.97),
    ("rescue", "per_second"): Bar("at least", 0.97),
    ("mix", "per_second"): Bar("at least", 1.5),
    ("mix", "p95_ms"): Bar("at most", 0.5),
    ("whole-rescue", "cpu_ms"): Bar("at most", 0.6),
}
CPU = frozenset({"cpu_us", "cpu_ms"})


class PairedRatio(Struct, frozen=True):
    """A figure of ours divided by the same figure of the other build.

    *value* is the geometric mean of the pairs' ratios, *error* its relative standard error (``None`` for
    a single pair), *of_medians* the ratio of the medians.  *met* is ``None`` without a bar, or if the
    machine was too busy to judge it.
    """

    figure: str
    value: float
    error: float | None
    of_medians: float
    pairs: int
    bar: Bar | None = None
    met: bool | None = None


def order(pairs: int) -> Iterator[tuple[str, str]]:
    """Which build runs first and second in each pair: alternately, so that neither has an advantage."""
    for number in range(pairs):
        yield (OURS, BASE) if number % 2 == 0 else (BASE, OURS)


def paired_ratio(
    scenario: str, figure: str, ours: Sequence[float], base: Sequence[float], *, others: float = 0.0
) -> PairedRatio:
    """The ratio of *figure*, of which each run of a pair has one value.

    *others* is the median share of the machine that other processes used.  If it is large, a bar of CPU is
    still judged, but another one is judged only if it is met.  ``ValueError`` if the runs are not pairs.
    """
    logs = [math.log(a / b) for a, b in zip(ours, base, strict=True)]
    value = math.exp(statistics.fmean(logs))
    bar = BARS.get((scenario, figure))
    met = bar.met(value) if bar else None
    if met is False and figure not in CPU and others > MAX_CPU_OF_OTHERS:
        met = None
    return PairedRatio(
        figure=figure,
        value=round(value, 3),
        error=round(statistics.stdev(logs) / math.sqrt(len(logs)), 3) if len(logs) > 1 else None,
        of_medians=round(statistics.median(ours) / statistics.median(base), 3),
        pairs=len(logs),
        bar=bar,
        met=met,
    )


def paired_ratios(
    scenario: str, figures: Sequence[str], runs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[PairedRatio]:
    """The ratio of each figure; *runs* has the figures of each run of both builds, and ``others``."""
    others = others_of(runs)
    return [
        paired_ratio(
            scenario,
            figure,
            [run[figure] for run in runs[OURS]],
            [run[figure] for run in runs[BASE]],
            others=others,
        )
        for figure in figures
    ]


def others_of(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> float:
    """The share of the machine that other processes used in the median run of either build."""
    return max(float(statistics.median(run["others"] for run in runs[key])) for key in (OURS, BASE))
