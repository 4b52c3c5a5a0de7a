"""Recording rules and alerts of the objectives: several windows, several burn rates.

After Google's SRE Workbook, chapter "Alerting on SLOs": a page or ticket needs a long window, so that it
is worth it, and a short one, so that it ends soon after the fault does.
"""

from __future__ import annotations

from supportcarr_lab.monitoring.model import Alert, Case, Group, Record, Series, Severity, seconds
from supportcarr_lab.monitoring.objectives import BURNS, LEAST_BAD, OBJECTIVES, Burn, Objective

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
EVERY = "1m"


def example(objective: Objective, good: float, bad: float, *, every: str = EVERY, length: int = 60) -> Series:
    """Series with those events each second, for promtool."""
    step = seconds(every)
    rates = {"GOOD": good, "BAD": bad, "ALL": good + bad}
    return {name: f"0+{rates[kind] * step:g}x{length}" for name, kind in objective.example}


def over_again(objective: Objective, burn: Burn, *, every: str) -> Series:
    """Series that burn the budget in the long window, and then not at all for longer than the short one."""
    step = seconds(every)
    bad = 100 * min(1, 2 * burn.rate * objective.budget)
    before, after = int(seconds(burn.long) / step), int(seconds(burn.short) * 1.2 / step) + 5
    rates = {"GOOD": (100 - bad, 100), "BAD": (bad, 0), "ALL": (100, 100)}
    series = {}
    for name, kind in objective.example:
        first, then = (rate * step for rate in rates[kind])
        series[name] = f"0+{first:g}x{before} {before * first + then:.10g}+{then:g}x{after}"
    return series


def _recorded(objective: Objective) -> tuple[Record, Record]:
    labels = {"slo": objective.key}
    given = example(objective, 9, 1)
    return (
        Record("slo:requests:rate5m", objective.events, given, 10, labels),
        Record("slo:errors:rate5m", objective.bad, given, 1, labels),
    )


def _ratio(window: str) -> Record:
    given = example(OBJECTIVES[0], 9, 1)
    if window == "5m":
        expr = "slo:errors:rate5m{@platform} / slo:requests:rate5m{@platform}"
    else:
        over = "sum_over_time(slo:{}:rate5m{{@platform}}[" + window + "])"
        expr = f"{over.format('errors')} / {over.format('requests')}"
    return Record(f"slo:error_ratio:rate{window}", expr, given, 0.1, {})


def _bad(window: str) -> Record:
    """Bad events each second, over a longer window."""
    expr = f"avg_over_time(slo:errors:rate5m{{@platform}}[{window}])"
    every = "2m" if seconds(window) > 3600 else EVERY
    length = int(seconds(window) / seconds(every)) + 30
    given = example(OBJECTIVES[0], 9, 1, every=every, length=length)
    at = f"{int(length * seconds(every)) // 60}m"
    return Record(f"slo:errors:rate{window}", expr, given, 1, at=at, every=every)


def _alert(objective: Objective, burn: Burn) -> Alert:
    selector = f'{{@platform,slo="{objective.key}"}}'
    limit = f"{burn.rate:g} * {objective.budget:g}"
    expr = (
        f"slo:error_ratio:rate{burn.long}{selector} > {limit}\n"
        f"and slo:error_ratio:rate{burn.short}{selector} > {limit}"
    )
    if burn.severity == "page":
        expr += f"\nand slo:errors:rate{burn.long}{selector} >= {LEAST_BAD} / {seconds(burn.long):g}"
    severity: Severity = "page" if burn.severity == "page" else "ticket"
    share = burn.rate * objective.budget
    # Rates are seen over five minutes: two samples must be in them.
    every = "2m" if seconds(burn.long) > 3600 else EVERY
    length = int(seconds(burn.long) / seconds(every)) + 60
    at = f"{length * int(seconds(every)) // 60}m"
    over_s = int(seconds(burn.long) + seconds(burn.short) * 1.2 + 4 * seconds(every))
    over_s -= over_s % (600 if every != EVERY else 120)  # when rules are evaluated
    return Alert(
        f"{objective.name}BudgetBurn",
        severity,
        expr,
        "2m" if severity == "page" else "15m",
        f"{objective.promise}: in {burn.long} and {burn.short}, "
        "{{ $value | humanizePercentage }} were worse "
        f"({burn.rate:g} times the budget of {objective.budget:.4g})",
        "objectives.md",
        Case(
            fires=example(objective, 100 * (1 - share * 1.2), 100 * share * 1.2, every=every, length=length),
            quiet=example(objective, 100 * (1 - share * 0.8), 100 * share * 0.8, every=every, length=length),
            at=at,
            every=every,
            over=over_again(objective, burn, every=every),
            over_at=f"{over_s // 60}m",
        ),
        {"slo": objective.key, "long": burn.long, "short": burn.short},
    )


def groups() -> tuple[Group, ...]:
    """The recorded series, and the alerts that compare them with the budget."""
    recorded = tuple(record for objective in OBJECTIVES for record in _recorded(objective))
    ratios = tuple(_ratio(window) for window in WINDOWS)
    pages = tuple(_bad(burn.long) for burn in BURNS if burn.severity == "page")
    alerts = tuple(_alert(objective, burn) for objective in OBJECTIVES for burn in BURNS)
    return (Group("objectives", (*recorded, *ratios, *pages, *alerts)),)
