"""A fault in a running city makes the right alert fire in a real Prometheus, and wakes somebody for it alone.

Prometheus runs the deployed rules with every window and pause divided by 60: five minutes are five seconds.
"""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from support.monitoring.servers import ALERTMANAGER, PROMETHEUS, Monitoring, running_monitoring
from support.platform.demo import Demo, running_demo
from support.ports import consecutive_ports

CITY = ("--no-visitors", "--riders", "8", "--drivers", "8", "--speed", "5", "--photos", "0")
PROCESSES = ("worker", "realtime", "api", "api")  # in the order of their ports for metrics
AMTOOL = shutil.which("amtool")
CALM_S = 30.0  # half an hour of the rules

pytestmark = [
    pytest.mark.long,
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(
        PROMETHEUS is None or ALERTMANAGER is None or AMTOOL is None,
        reason="Prometheus and its Alertmanager are not installed (scripts/setup prometheus)",
    ),
]


@contextmanager
def watched_city(folder: Path) -> Iterator[tuple[Demo, Monitoring]]:
    """A city whose watchdog leaves a stopped process alone, and who watches it, both after a calm while."""
    metrics = consecutive_ports(len(PROCESSES))
    data = folder / "city"
    data.mkdir()
    (data / ".env").write_text(
        f"SUPPORTCARR_METRICS_PORT={metrics}\nSUPPORTCARR_WATCHDOG_SECONDS=0\n"
        "SUPPORTCARR_API_PROCESSES=2\nSUPPORTCARR_REALTIME_PROCESSES=1\nSUPPORTCARR_WORKER_PROCESSES=1\n"
    )
    targets: dict[str, list[int]] = {}
    for number, role in enumerate(PROCESSES):
        targets.setdefault(role, []).append(metrics + number)
    (folder / "monitoring").mkdir()
    with running_demo(data, *CITY) as demo:
        demo.wait_for_output("Running:")
        with running_monitoring(folder / "monitoring", targets, divisor=60) as monitoring:
            monitoring.wait_for(
                "every process is scraped", lambda: len(monitoring.ask("up == 1")) == len(PROCESSES), 60
            )
            monitoring.wait_for("no page fires", lambda: not names(monitoring, "page"), 60)
            monitoring.forget()
            time.sleep(CALM_S)
            yield demo, monitoring


def names(monitoring: Monitoring, severity: str) -> set[str]:
    return {alert["alertname"] for alert in monitoring.firing() if alert["severity"] == severity}


def in_alertmanager(monitoring: Monitoring) -> str:
    """As a person would ask it."""
    assert AMTOOL is not None
    command = [AMTOOL, f"--alertmanager.url={monitoring.alertmanager_url}", "alert", "query", "severity=page"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def wait_for_page(monitoring: Monitoring, alert: str, within_s: float = 60) -> None:
    """In Prometheus, in Alertmanager, and at whoever is woken."""
    monitoring.wait_for(alert, lambda: alert in names(monitoring, "page"), within_s)
    monitoring.wait_for(f"{alert} in Alertmanager", lambda: alert in in_alertmanager(monitoring), 30)
    monitoring.wait_for(f"a call about {alert}", lambda: ("page", alert) in monitoring.told, 30)


def test_a_worker_that_hangs_wakes_somebody(tmp_path: Path) -> None:
    with watched_city(tmp_path) as (demo, monitoring):
        assert monitoring.fired("page") == set()
        assert "DeadMansSwitch" in names(monitoring, "heartbeat")
        [worker] = [process for process in demo.processes() if is_worker(process)]
        worker.send_signal(signal.SIGSTOP)
        try:
            wait_for_page(monitoring, "WorkerAbsent")
            # The process itself is a ticket, which the page hides.
            monitoring.wait_for("ProcessDown", lambda: "ProcessDown" in names(monitoring, "ticket"), 30)
            monitoring.wait_for("ProcessDown hidden", lambda: "ProcessDown" in monitoring.inhibited(), 30)
            assert not [summary for summary in monitoring.summaries() if "error expanding" in summary]
        finally:
            worker.send_signal(signal.SIGCONT)
        monitoring.wait_for(
            "the end of WorkerAbsent", lambda: "WorkerAbsent" not in names(monitoring, "page"), 60
        )
        assert monitoring.fired("page") == {"WorkerAbsent"}


def test_a_store_that_takes_no_writes_burns_the_budget_of_availability(tmp_path: Path) -> None:
    with watched_city(tmp_path) as (demo, monitoring):
        assert monitoring.fired("page") == set()
        with locked(demo.data):
            wait_for_page(monitoring, "ApiAvailabilityBudgetBurn")
            assert not [summary for summary in monitoring.summaries() if "error expanding" in summary]
        assert monitoring.fired("page") == {"ApiAvailabilityBudgetBurn"}
        burning = [
            alert for alert in monitoring.firing() if alert["alertname"] == "ApiAvailabilityBudgetBurn"
        ]
        assert {alert["slo"] for alert in burning} <= {"api_availability"}


def is_worker(process: psutil.Process) -> bool:
    try:
        return any("supportcarr: worker" in part for part in process.cmdline())
    except psutil.NoSuchProcess:
        return False


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Another program holds the lock of the SQLite store: writes fail with 503, after seconds."""
    connection = sqlite3.connect(data / "supportcarr.sqlite3", timeout=30, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.rollback()
        connection.close()
