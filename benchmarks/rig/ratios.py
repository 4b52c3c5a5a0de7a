"""What is held against what: ratios of medians, and the bars that some of them have.

A bar is of part 2 of the plan: the mix at least 2.5 times, GET /me at least 3 times the tuned Express
peer; CPU a request at most 4 times a bare Granian echo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

Figure = Literal["per_second", "cpu_us"]


class Bar(Struct, frozen=True):
    """At least, or at most, so much."""

    way: Literal["at least", "at most"]
    limit: float

    def met(self, value: float) -> bool:
        return value >= self.limit if self.way == "at least" else value <= self.limit


class Ratio(Struct, frozen=True, omit_defaults=True):
    """``figure`` of ours divided by that of the server named ``to``.

    ``met`` is ``None`` where there is no bar, or the machine was too busy with others to judge it.
    """

    scenario: str
    figure: Figure
    to: str
    value: float
    bar: Bar | None = None
    met: bool | None = None


BARS: Mapping[tuple[str, Figure, str], Bar] = {
    ("mix", "per_second", "tuned"): Bar("at least", 2.5),
    ("me", "per_second", "tuned"): Bar("at least", 3.0),
    ("mix", "cpu_us", "echo"): Bar("at most", 4.0),
    ("me", "cpu_us", "echo"): Bar("at most", 4.0),
}


QUIET = 0.1  # share of the machine that others may have taken in a run whose rates count


def most_of_others(rows: Sequence[Mapping[str, Any]]) -> float:
    """The largest share of the machine that others took in any run of these servers."""
    return max((row["others"] for row in rows), default=0.0)


def of(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Ratio]:
    """Ours against each other server of each scenario; the medians as ``load.median`` makes them."""
    found: list[Ratio] = []
    for scenario, medians in results.items():
        quiet = most_of_others(medians) <= QUIET
        by_key = {row["key"]: row for row in medians}
        ours = by_key.pop("ours")
        for key, other in by_key.items():
            figures: tuple[Figure, ...] = ("per_second", "cpu_us")
            for figure in figures:
                value = ours[figure] / other[figure]
                bar = BARS.get((scenario, figure, key))
                # Judged before it is rounded: 2.496 is not 2.5.
                judged = bar is not None and (quiet or figure == "cpu_us")
                met = bar.met(value) if bar and judged else None
                found.append(Ratio(scenario, figure, key, round(value, 2), bar, met))
    return found
