"""The service level objectives (SLOs): declared here, and nowhere else.

``deploy/release/roll_out.py`` runs without this package and repeats two of them; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass

PERIOD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Objective:
    """Of all *events* (an expression with a rate over 5 minutes) at most ``1 - target`` may be *bad*."""

    key: str  # the label ``slo``
    name: str  # of its alerts: NAMEBudgetBurn
    target: float  # share of events that are good
    promise: str  # for people
    metric: str
    events: str
    bad: str
    # for promtool: series of one kind of event each; GOOD and BAD stand for its rates
    example: tuple[tuple[str, str], ...]

    @property
    def budget(self) -> float:
        return round(1 - self.target, 6)


@dataclass(frozen=True, slots=True)
class Burn:
    """Two windows in which the budget burns *rate* times as fast as it lasts."""

    rate: float
    long: str
    short: str
    severity: str
    spent: str  # of the budget, when the long window is full of it


BURNS = (
    Burn(14.4, "1h", "5m", "page", "2 % in an hour"),
    Burn(6, "6h", "30m", "page", "5 % in six hours"),
    Burn(3, "1d", "2h", "ticket", "10 % in a day"),
    Burn(1, "3d", "6h", "ticket", "10 % in three days"),
)
# So that one slow request at night wakes nobody: bad events in the long window of a page.
LEAST_BAD = 10

_HTTP = "http_request_duration_seconds"
_LABELS = '@platform,instance="a",method="GET",route="/me"'


def _latency(key: str, name: str, metric: str, bound: str, promise: str, labels: str = "") -> Objective:
    all_of_them = f"sum(rate({metric}_count{{@platform}}[5m]))"
    mine = ",".join(("@platform", 'instance="a"', *([labels] if labels else [])))
    return Objective(
        key=key,
        name=name,
        target=0.95,
        promise=promise,
        metric=metric,
        events=all_of_them,
        bad=f'{all_of_them} - sum(rate({metric}_bucket{{@platform,le="{bound}"}}[5m]))',
        example=(
            (f"{metric}_count{{{mine}}}", "ALL"),
            (f'{metric}_bucket{{{mine},le="{bound}"}}', "GOOD"),
        ),
    )


OBJECTIVES = (
    Objective(
        key="api_availability",
        name="ApiAvailability",
        target=0.999,
        promise="99.9 % of requests get an answer other than 5xx",
        metric=_HTTP,
        events=f"sum(rate({_HTTP}_count{{@platform}}[5m]))",
        bad=f'(sum(rate({_HTTP}_count{{@platform,status=~"5.."}}[5m])) or vector(0))',
        example=(
            (f'{_HTTP}_count{{{_LABELS},status="200"}}', "GOOD"),
            (f'{_HTTP}_count{{{_LABELS},status="503"}}', "BAD"),
        ),
    ),
    _latency(
        "api_latency", "ApiLatency", _HTTP, "0.2", "95 % of requests are answered within 200 ms",
        'method="GET",route="/me",status="200"',
    ),
    _latency(
        "realtime_latency", "RealtimeLatency", "realtime_delivery_seconds", "0.1",
        "95 % of events are written to a client's socket within 100 ms",
    ),
    _latency(
        "store_latency", "StoreLatency", "store_operation_duration_seconds", "0.05",
        "95 % of the store's operations take at most 50 ms", 'operation="get"',
    ),
)  # fmt: skip
