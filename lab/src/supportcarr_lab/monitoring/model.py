"""What a rule of Prometheus is here: its expression, what a person reads, and how promtool tests it.

Expressions are plain PromQL but for two marks inside braces: ``@platform`` selects what the platform's
processes export, ``@cluster`` what others say of its namespace.  ``render`` replaces them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["page", "ticket", "heartbeat"]
Series = Mapping[str, str]  # a series and its values, in promtool's notation

UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WINDOW = re.compile(r"(?P<before>\[|offset )(?P<number>\d+)(?P<unit>ms|[smhd])\b")


@dataclass(frozen=True, slots=True)
class Case:
    """Series under which the alert fires, others under which it does not, and when promtool looks.

    Samples are *every* so long apart.  *over*: series of a fault that has ended, so that it fires no more.
    """

    fires: Series
    quiet: Series
    at: str = "30m"
    every: str = "1m"
    over: Series | None = None
    over_at: str = "30m"


@dataclass(frozen=True, slots=True)
class Alert:
    """*wait*: how long the expression must hold; *runbook*: the file in ``docs/runbooks`` about it."""

    name: str
    severity: Severity
    expr: str
    wait: str
    summary: str
    runbook: str
    case: Case | None  # ``None``: it always fires
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A recorded expression.  *given* makes promtool's series, *expected* is its value at *at*."""

    name: str
    expr: str
    given: Series
    expected: float
    labels: Mapping[str, str] = field(default_factory=dict)
    at: str = "30m"
    every: str = "1m"


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after the other."""

    name: str
    rules: tuple[Alert | Record, ...]
    interval: str = "30s"


def seconds(duration: str) -> float:
    """Of a duration with one unit, such as ``5m``."""
    number, unit = re.fullmatch(r"(\d+)(ms|[smhd])", duration).groups()  # type: ignore[union-attr]
    return int(number) * UNIT_S[unit]


def shorter(duration: str, divisor: int) -> str:
    """The duration, divided; in whole milliseconds or seconds, as Prometheus demands."""
    if divisor == 1:
        return duration
    milliseconds = round(seconds(duration) * 1000 / divisor)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def with_shorter_windows(expr: str, divisor: int) -> str:
    """The expression with each range and offset divided."""

    def divided(found: re.Match[str]) -> str:
        return found["before"] + shorter(found["number"] + found["unit"], divisor)

    return _WINDOW.sub(divided, expr)
