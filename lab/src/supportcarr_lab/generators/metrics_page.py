"""``docs/metrics.md``: every metric with its labels, its meaning and where to see it."""

from __future__ import annotations

from supportcarr.bootstrap.metric_catalogue import SECTIONS
from supportcarr.kit.observability.metrics import Described
from supportcarr.kit.observability.timings import LATENCY_S, LONG_S
from supportcarr_lab.dashboards.boards import DASHBOARDS, WITHOUT_PANEL, panels_by_metric
from supportcarr_lab.dashboards.model import Dashboard

_INTRODUCTION = f"""# Metrics

Generated from `bootstrap/metric_catalogue.py` and from the dashboards in
`lab/src/supportcarr_lab/dashboards`; do not edit.

Each process serves its own metrics at `/metrics` of its own port: `SUPPORTCARR_METRICS_PORT`, and the next
ones for the further processes of one machine; in a cluster a pod has one process, at port 9100. Metrics of
the whole platform (`jobs_waiting`, `outbox_lag_seconds`, `rescues_live` and others that say so) are exported
by every worker: take their maximum, not their sum. All others are of one process: take their sum.

Durations are histograms in seconds, with buckets up to {", ".join(f"{bound:g}" for bound in LATENCY_S)};
those of jobs, tasks and lags up to {", ".join(f"{bound:g}" for bound in LONG_S)}.
A scraper that asks for OpenMetrics gets exemplars, which link a bucket to a trace, where traces are recorded.
`python_…` and `process_…` are those of Prometheus' client.

The dashboards are in `deploy/grafana/dashboards`, generated from Python. Each panel says there what is
normal, and what to do when it is not. Grafana's own rendering is not tested here; the queries are.
"""


def page() -> str:
    panels = panels_by_metric()
    lines = [_INTRODUCTION]
    for section, metrics in SECTIONS.items():
        lines += [
            f"## {section}",
            "",
            "| metric | kind | labels | meaning | panels |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(metric, panels) for metric in sorted(metrics, key=lambda one: one.name)]
        lines.append("")
    lines += ["## Dashboards", "", "| dashboard | panels |", "|---|---|"]
    lines += [
        f"| {board.title} | {', '.join(panel.title for panel in board.panels)} |" for board in DASHBOARDS
    ]
    return "\n".join(lines) + "\n"


def _row(metric: Described, panels: dict[str, list[tuple[Dashboard, str]]]) -> str:
    labels = "; ".join(f"`{name}`: {values}" for name, values in metric.labels.items())
    found = panels.get(metric.name)
    shown = "; ".join(f"{board.title}: {title}" for board, title in found) if found else ""
    where = shown or f"none: {WITHOUT_PANEL[metric.name]}"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} | {where} |"
