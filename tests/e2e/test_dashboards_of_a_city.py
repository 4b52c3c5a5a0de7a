"""A real Prometheus scrapes a simulated city: what the dashboards show is what the city's report says."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from support.platform.demo import running_demo
from support.ports import consecutive_ports
from support.prometheus import PROMETHEUS, Prometheus, running_prometheus
from supportcarr.contracts.rescues import FINAL
from supportcarr_lab.dashboards.boards import DASHBOARDS
from supportcarr_lab.dashboards.business import ENDED, REVENUE, hourly
from supportcarr_lab.dashboards.model import RATE, queries_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (scripts/setup prometheus)"),
]

ROOT = Path(__file__).parents[2]
PLOTS = ROOT / ".venv/plots/.installed"  # scripts/setup plots
SECONDS = 60  # wall seconds of demand
CITY = ("--riders", "10", "--drivers", "8", "--speed", "30", "--seed", "5")
PROCESSES = ("worker", "realtime", "api", "api")  # each has the next port for metrics
# Panels, or queries of them, that show nothing in a healthy city on SQLite without traces and backups.
EMPTY = (
    "(MongoDB)",
    "Traces and error reports",
    "Outages and conflicts",
    "Errors by route",
    "Age of the newest backup",
)
SMALL_ERROR = 0.05  # of Prometheus' extrapolation to the ends of a range


def shows_nothing(titles: str) -> bool:
    return any(words in titles for words in EMPTY)


def test_the_dashboards_of_a_city_are_right(tmp_path: Path) -> None:
    first = consecutive_ports(len(PROCESSES))
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / ".env").write_text(f"SUPPORTCARR_METRICS_PORT={first}\n")
    roles = {first + n: role for n, role in enumerate(PROCESSES)}
    with (
        running_prometheus(tmp_path / "prometheus", roles) as prometheus,
        running_demo(folder, *CITY, "--seconds", str(SECONDS)) as demo,
    ):
        demo.wait_for_output("Running:")
        time.sleep(SECONDS * 0.9)
        assert prometheus.targets_up() == len(PROCESSES)
        running = prometheus.values("count by (role) (supportcarr_build_info == 1)", "role")
        assert running == {"worker": 1, "realtime": 1, "api": 2}
        silent = [
            f"{board.name}: {panel.title}: {query.expr}"
            for board, panel, query in queries_of(DASHBOARDS)
            if not shows_nothing(f"{panel.title} {query.legend}")
            and not prometheus.query(query.expr.replace(RATE, "30s"))
        ]
        assert silent == []
        if PLOTS.exists():
            command = [str(ROOT / "scripts/plot-dashboards"), prometheus.url, str(tmp_path / "plots"), "1"]
            plotted = subprocess.run(command, text=True, capture_output=True, timeout=240)
            assert plotted.returncode == 0, plotted.stderr
            assert {path.stem for path in (tmp_path / "plots").glob("*.png")} == {b.name for b in DASHBOARDS}
        report = demo.report(within_s=240)
        check(prometheus, report["rescues"], report["payments"], now := time.time())
        assert prometheus.query("up", at=now - 300) == []


def check(prometheus: Prometheus, rescues: dict[str, int], payments: dict[str, int], now: float) -> None:
    """Compare the city's own report, which is made from its store, with what the dashboards show."""
    # Exactly, from the counters themselves:
    last = "sum by (status) (last_over_time(rescues_ended_total[10m]))"
    final = {status: count for status, count in rescues.items() if status in FINAL}
    assert prometheus.values(last, "status", now) == final
    assert sum(final.values()) > 0
    assert prometheus.value("sum(last_over_time(rescues_requested_total[10m]))", now) == rescues["requested"]
    posted = '{method="POST",route="/api/v1/rescues",status="201"}'
    requests = f"sum(last_over_time(http_request_duration_seconds_count{posted}[10m]))"
    assert prometheus.value(requests, now) == rescues["requested"]
    # As the panels show them, which extrapolate to the ends of the hour:
    about = pytest.approx
    requested = prometheus.value(hourly("rescues_requested_total"), now)
    assert requested == about(rescues["requested"], rel=SMALL_ERROR)
    completed = prometheus.value(hourly(ENDED, labels='{status="completed"}'), now)
    assert completed == about(rescues["completed"], rel=SMALL_ERROR)
    revenue = prometheus.values(REVENUE, "currency", now)
    earned = (payments["captured_minor"] - payments["refunded_minor"]) / 100
    assert revenue == {"CAD": about(earned, rel=SMALL_ERROR)}
