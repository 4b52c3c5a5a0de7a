"""All dashboards, and the metrics that need no panel."""

from __future__ import annotations

from supportcarr_lab.dashboards.background import BACKGROUND
from supportcarr_lab.dashboards.business import BUSINESS
from supportcarr_lab.dashboards.dispatch import DISPATCH
from supportcarr_lab.dashboards.model import Dashboard, metrics_in, queries_of
from supportcarr_lab.dashboards.money import MONEY
from supportcarr_lab.dashboards.real_time import REAL_TIME
from supportcarr_lab.dashboards.service import SERVICE
from supportcarr_lab.dashboards.stores import STORES

DASHBOARDS = (SERVICE, BUSINESS, DISPATCH, MONEY, REAL_TIME, BACKGROUND, STORES)

# Metrics of the platform without a panel, each with the reason.
WITHOUT_PANEL = {
    "store_largest_group": "for benchmarks of the SQLite engine; says nothing of the present",
    "store_truncations_total": "for tests of the SQLite engine's log",
    "revocation_known_sessions": "the size of a table in memory, which its retention bounds",
    "revocation_known_users": "the size of a table in memory, which its retention bounds",
    "revocation_redis_lookups_total": "a detail of revocation_stale, for the investigation of an incident",
    "revocation_store_lookups_total": "a detail of revocation_stale, for the investigation of an incident",
}
# Metrics of prometheus_client that panels use.
OF_THE_PROCESS = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
}


def panels_by_metric() -> dict[str, list[tuple[Dashboard, str]]]:
    """The dashboards and titles of the panels that show each metric."""
    found: dict[str, list[tuple[Dashboard, str]]] = {}
    for dashboard, panel, query in queries_of(DASHBOARDS):
        for metric in metrics_in(query.expr):
            places = found.setdefault(metric, [])
            if (dashboard, panel.title) not in places:
                places.append((dashboard, panel.title))
    return found
