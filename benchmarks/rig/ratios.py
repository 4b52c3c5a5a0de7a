"""What is held against what: ratios of medians, and the bars that some of them have.

The bars are about SQLite: the mix at least 2.5 times, GET /me at least 3 times the tuned Express peer;
CPU a request at most 4 times a bare Granian echo.  MongoDB has none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

Figure = Literal["per_second", "cpu_us"]
_FIGURES: tuple[Figure, ...] = ("per_second", "cpu_us")


class Bar(Struct, frozen=True):
    """At least, or at most, so much."""

    way: Literal["at least", "at most"]
    limit: float

    def met(self, value: float) -> bool:
        return value >= self.limit if self.way == "at least" else value <= self.limit


class Ratio(Struct, frozen=True, omit_defaults=True):
    """``figure`` of ours (``of``: on which engine) divided by that of the server named ``to``.

    ``met`` is ``None`` where there is no bar, or the machine was too busy with others to judge it.
    """

    scenario: str
    figure: Figure
    to: str
    value: float
    bar: Bar | None = None
    met: bool | None = None
    of: str = "ours"


BARS: Mapping[tuple[str, Figure, str], Bar] = {
    ("mix", "per_second", "tuned"): Bar("at least", 2.5),
    ("me", "per_second", "tuned"): Bar("at least", 3.0),
    ("mix", "cpu_us", "echo"): Bar("at most", 4.0),
    ("me", "cpu_us", "echo"): Bar("at most", 4.0),
}


# Ours on each engine, and whether it is compared with a server: on SQLite with the peers on SQLite, on
# MongoDB with the peers on MongoDB, and with ours on SQLite.
ON_MONGODB = frozenset({"ours_mongodb", "mongoose", "mongoose_tuned"})
OURS: Mapping[str, Callable[[str], bool]] = {
    "ours": lambda other: other not in ON_MONGODB,
    "ours_mongodb": lambda other: other in ON_MONGODB | {"ours", "echo"},
}

QUIET = 0.1  # share of the machine that others may have taken in a run whose rates count


def most_of_others(rows: Sequence[Mapping[str, Any]]) -> float:
    """The largest share of the machine that others took in any run of these servers."""
    return max((row["others"] for row in rows), default=0.0)


def of(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Ratio]:
    """Ours against each other server of each scenario; the medians as ``load.median`` makes them."""
    found: list[Ratio] = []
    for scenario, medians in results.items():
        by_key = {row["key"]: row for row in medians}
        for own, compared in OURS.items():
            ours = by_key.get(own)
            if ours is None:
                continue
            others = [row for key, row in by_key.items() if key != own and compared(key)]
            quiet = most_of_others([ours, *others]) <= QUIET
            for other, figure in itertools.product(others, _FIGURES):
                value = ours[figure] / other[figure]
                bar = BARS.get((scenario, figure, other["key"])) if own == "ours" else None
                # Judged before it is rounded: 2.496 is not 2.5.
                judged = bar is not None and (quiet or figure == "cpu_us")
                met = bar.met(value) if bar and judged else None
                found.append(Ratio(scenario, figure, other["key"], round(value, 2), bar, met, own))
    return found
