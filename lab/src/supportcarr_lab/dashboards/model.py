"""What a dashboard and its panels are made of, and their JSON for Grafana.

Queries are PromQL.  ``RATE`` stands for the range over which Grafana takes rates: at least four scrapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

RATE = "$__rate_interval"
SCHEMA_VERSION = 41  # of the JSON, as Grafana 12 writes it
COLUMNS, HEIGHT = 3, 8  # panels in a row of Grafana's 24 columns; the height of one
Unit = Literal["s", "percentunit", "reqps", "ops", "short", "bytes", "Bps", "none"]

# What Prometheus makes of the label ``job`` of a metric: its own label of that name says what it scraped.
JOB_NAME = "exported_job"

# Names in a query that are no metrics.
_NO_METRICS = frozenset(
    [
        "sum",
        "avg",
        "max",
        "min",
        "count",
        "rate",
        "increase",
        "histogram_quantile",
        "topk",
        "clamp_min",
        "clamp_max",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "or",
        "and",
        "unless",
        "bool",
        "le",
        "time",
        "vector",
        "absent",
        "label_replace",
    ]
)
_LABELS = re.compile(r"\{[^}]*\}|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\[[^\]]*\]")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SUFFIX = re.compile(r"_(?:bucket|count|sum)$")


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the legend of its series (``{{label}}`` is replaced)."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph.  ``normal`` says what is normal, ``otherwise`` what to do when it is not.

    ``limit`` is drawn as a line: an objective, or what there is at most.
    """

    title: str
    normal: str
    otherwise: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    limit: float | None = None
    stacked: bool = False

    @property
    def description(self) -> str:
        return f"Normal: {self.normal}\n\nIf not: {self.otherwise}"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels; ``name`` is the name of its file and its address in Grafana."""

    name: str
    title: str
    panels: tuple[Panel, ...]

    def document(self) -> dict[str, Any]:
        """As Grafana stores it."""
        return {
            "uid": f"supportcarr-{self.name}",
            "title": f"SupportCarr: {self.title}",
            "tags": ["supportcarr"],
            "schemaVersion": SCHEMA_VERSION,
            "editable": False,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "browser",
            "graphTooltip": 1,  # one crosshair for all panels
            "links": [
                {"title": "SupportCarr", "type": "dashboards", "tags": ["supportcarr"], "asDropdown": True}
            ],
            "templating": {"list": [_DATASOURCE, _FILTERS]},
            "panels": [_panel(panel, n) for n, panel in enumerate(self.panels)],
        }

    def text(self) -> str:
        return json.dumps(self.document(), indent=1) + "\n"


_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_DATASOURCE = {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus"}
# Chosen in Grafana and added to every query: a namespace, an instance.
_FILTERS = {"name": "filters", "label": "Filters", "type": "adhoc", "datasource": _SOURCE}


def _panel(panel: Panel, n: int) -> dict[str, Any]:
    width = 24 // COLUMNS
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    return {
        "id": n + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": {
            "x": n % COLUMNS * width, "y": n // COLUMNS * HEIGHT, "w": width, "h": HEIGHT,
        },
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "custom": {
                    "fillOpacity": 20 if panel.stacked else 0,
                    "stacking": {"mode": "normal" if panel.stacked else "none"},
                    "thresholdsStyle": {"mode": "off" if panel.limit is None else "line"},
                    "showPoints": "never",
                },
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {
                "refId": chr(ord("A") + i),
                "datasource": _SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "exemplar": "_bucket" in query.expr,
            }
            for i, query in enumerate(panel.queries)
        ],
    }  # fmt: skip


# --- queries that many panels have ------------------------------------------------------------------


def rate(metric: str, by: str = "", *, labels: str = "") -> str:
    """Per second, over all processes."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{labels}[{RATE}]))"


def quantile(q: float, histogram: str, by: str = "", *, labels: str = "") -> str:
    """A quantile of a histogram, in seconds."""
    grouped = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({grouped}) (rate({histogram}_bucket{labels}[{RATE}])))"


def quantiles(histogram: str, *, labels: str = "") -> tuple[Query, ...]:
    return tuple(
        Query(quantile(q, histogram, labels=labels), f"p{round(q * 100)}") for q in (0.5, 0.95, 0.99)
    )


def share_slower(histogram: str, bound: float, *, labels: str = "") -> str:
    """The share of a histogram's observations that took longer than one of its bounds."""
    within = labels[:-1] + "," if labels else "{"
    quick = f'sum(rate({histogram}_bucket{within}le="{bound}"}}[{RATE}]))'
    return f"1 - {quick} / sum(rate({histogram}_count{labels}[{RATE}]))"


def by_role(expr: str, how: str = "sum") -> str:
    """A metric of processes, by their role."""
    return f"{how} by (role) ({expr} * on (instance) group_left (role) supportcarr_build_info)"


def metrics_in(expr: str) -> set[str]:
    """The metrics that a query reads, by the names that the catalogue has."""
    bare = _LABELS.sub(" ", re.sub(r'"[^"]*"', '""', expr))
    names = {name for name in _NAME.findall(bare) if name not in _NO_METRICS and name not in ("e", "inf")}
    return {_SUFFIX.sub("", name) if _SUFFIX.search(name) else name for name in names}


def queries_of(dashboards: Sequence[Dashboard]) -> Iterator[tuple[Dashboard, Panel, Query]]:
    for dashboard in dashboards:
        for panel in dashboard.panels:
            for query in panel.queries:
                yield dashboard, panel, query
