"""Ratios of medians between servers, and the bars that some of them must meet.

The bars apply to SQLite: the mix at least 2.5 times and GET /me at least 3 times the requests per second of
the tuned Express peer; CPU per request at most 4 times that of a bare Granian echo.  MongoDB has no bars.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

Figure = Literal["per_second", "cpu_us"]
_FIGURES: tuple[Figure, ...] = ("per_second", "cpu_us")


class Bar(Struct, frozen=True):
    """A lower or an upper limit of a ratio."""

    way: Literal["at least", "at most"]
    limit: float

    def met(self, value: float) -> bool:
        return value >= self.limit if self.way == "at least" else value <= self.limit


class Ratio(Struct, frozen=True, omit_defaults=True):
    """*figure* of SupportCarr (*of*: on which engine) divided by that of the server *to*.

    *met* is ``None`` if there is no bar, or if the machine was too busy to judge it.
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


# SupportCarr on each engine, and the servers it is compared with: on SQLite the peers on SQLite; on MongoDB
# the peers on MongoDB, and SupportCarr on SQLite.
ON_MONGODB = frozenset({"ours_mongodb", "mongoose", "mongoose_tuned"})
OURS: Mapping[str, Callable[[str], bool]] = {
    "ours": lambda other: other not in ON_MONGODB,
    "ours_mongodb": lambda other: other in ON_MONGODB | {"ours", "echo"},
}

MAX_CPU_OF_OTHERS = 0.1  # largest share of the machine for other processes in a run whose rates are judged


def max_cpu_of_others(rows: Sequence[Mapping[str, Any]]) -> float:
    """The largest share of the machine that other processes used in any run of these servers."""
    return max((row["others"] for row in rows), default=0.0)


def of(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Ratio]:
    """SupportCarr against each other server, for each scenario; *results* are from ``load.median``."""
    found: list[Ratio] = []
    for scenario, medians in results.items():
        by_key = {row["key"]: row for row in medians}
        for own, compared in OURS.items():
            ours = by_key.get(own)
            if ours is None:
                continue
            others = [row for key, row in by_key.items() if key != own and compared(key)]
            quiet = max_cpu_of_others([ours, *others]) <= MAX_CPU_OF_OTHERS
            for other, figure in itertools.product(others, _FIGURES):
                value = ours[figure] / other[figure]
                bar = BARS.get((scenario, figure, other["key"])) if own == "ours" else None
                # Judge the exact value: 2.496 is below 2.5.
                judged = bar is not None and (quiet or figure == "cpu_us")
                met = bar.met(value) if bar and judged else None
                found.append(Ratio(scenario, figure, other["key"], round(value, 2), bar, met, own))
    return found
