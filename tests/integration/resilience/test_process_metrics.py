"""The metrics that real processes export: all are declared, and their labels are bounded."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from support.faults import wait_until
from support.platform.fleet import Fleet, FleetProcess
from supportcarr.bootstrap.metric_catalogue import CATALOGUE
from supportcarr.contracts.rescues import STATUSES
from supportcarr.payments.collections import LEDGER
from supportcarr.payments.ledger_entries import Entry, LedgerTransaction
from supportcarr.payments.model import UNRESOLVED
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

ROLES = ("api", "realtime", "worker")
LIBRARY = ("python_", "process_")  # of prometheus_client
ONLY_MONGODB = {
    "store_writing",
    "store_write_conflicts_total",
    "store_unavailable_total",
    "store_connection_wait_seconds_total",
    "store_connection_failures_total",
}
ONLY_IF_ON = {
    name
    for name in (one.name for one in CATALOGUE)
    if name.startswith(("tracing_", "error_reports_", "backup_last_"))
}
# The values of each label, other than those below and names in the code.
LABELS = {
    "cache": {"documents", "sessions", "positions", "areas", "coverage"},
    "result": {"hit", "miss"},
    "use": {"durable", "cache"},
    "role": set(ROLES),
    "person": {"rider", "driver", "admin", "support"},
    "queue": {"jobs"},
    "verified": {"ledger", "audit_log"},
    "status_class": {"1xx", "2xx", "3xx", "4xx", "5xx"},
    "state": {"free", "busy"},
    "operation": {
        "get", "get_many", "find", "count", "scan", "pending_events",
        "insert", "insert_many", "save", "delete", "mark_published", "copy",
    },
    "outcome": {"made", "accepted", "declined", "expired", "withdrawn"},
    "status": {*STATUSES, "succeeded", "failed", *UNRESOLVED},
    "kind": {"hold", "capture", "release", "fee", "tip", "refund"},
}  # fmt: skip
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "OTHER"}
PLAIN_LABEL = re.compile(r"[a-z][a-z_.]*")  # of jobs, tasks and collections, whose names are in the code


@pytest.fixture
async def fleet(tmp_path: Path, own_redis_server: EmbeddedRedis) -> AsyncIterator[Fleet]:
    async with Fleet(tmp_path, own_redis_server) as fleet:
        yield fleet


async def scrape(fleet: Fleet, process: FleetProcess, accept: str = "text/plain") -> str:
    async with fleet.session.get(process.metrics_url, headers={"accept": accept}) as response:
        assert response.status == 200
        return await response.text()


def exported(families: list[Metric]) -> dict[str, tuple[str, str]]:
    """Kind and help by name, as Prometheus shows the name."""
    return {f.name + ("_total" if f.type == "counter" else ""): (f.type, f.documentation) for f in families}


async def series(fleet: Fleet, process: FleetProcess) -> set[str]:
    """The labels of the requests that were counted."""
    lines = (await scrape(fleet, process)).splitlines()
    return {line.rpartition(" ")[0] for line in lines if line.startswith("http_request_duration_seconds")}


async def hostile_traffic(fleet: Fleet, api: FleetProcess, word: str) -> None:
    """Paths, methods and queries that a client invents."""
    for n in range(40):
        for method in ("GET", f"{word}{n}", "DELETE"):
            named = f"{word}{n}"
            path = f"/api/v1/rescues/{named}{'/x' * (n % 5)}" if n % 2 else f"/{named}/%2e%2e/{n}?q={named}"
            try:
                async with fleet.session.request(method, f"{api.url}{path}") as response:
                    await response.read()
            except aiohttp.ClientError:
                pass  # a connection that was closed: then there is nothing to count


async def test_every_metric_is_declared_and_every_label_is_bounded(fleet: Fleet) -> None:
    started = {role: await fleet.start(role) for role in ROLES}
    for role, phone in (("rider", "+15145550101"), ("driver", "+15145550102")):
        token = await fleet.sign_up(started["api"], phone, role)
        await fleet.request(started["api"], "GET", "/me", token=token)
    await hostile_traffic(fleet, started["api"], "ONE")
    before = await series(fleet, started["api"])
    await hostile_traffic(fleet, started["api"], "TWO")
    assert await series(fleet, started["api"]) == before
    async with fleet.session.get(f"{started['api'].url}/openapi.json") as response:
        document = await response.json()
    described = {one.name: one for one in CATALOGUE}
    found: dict[str, tuple[str, str]] = {}
    for process in started.values():
        text = await scrape(fleet, process)
        families = [f for f in text_string_to_metric_families(text) if not f.name.startswith(LIBRARY)]
        names = [family.name for family in families]
        assert len(names) == len(set(names)), "each family is exported once"
        found |= exported(families)
        for family in families:
            for sample in family.samples:
                check_labels(sample.labels, family.name, set(document["paths"]))
        # The same in OpenMetrics, which is stricter.
        strict = await scrape(fleet, process, "application/openmetrics-text")
        openmetrics: list[Metric] = list(openmetrics_families(strict))  # type: ignore[no-untyped-call]
        assert {family.name for family in openmetrics} >= set(names)
        if shutil.which("promtool"):
            lint = subprocess.run(
                ["promtool", "check", "metrics"], input=text, text=True, capture_output=True
            )
            ours = [line for line in lint.stderr.splitlines() if not line.startswith(LIBRARY)]
            assert not ours
    assert found.keys() <= described.keys()
    assert described.keys() - found.keys() == ONLY_MONGODB | ONLY_IF_ON
    for name, (kind, help_) in found.items():
        assert (kind, help_) == (described[name].kind, described[name].help), name


def check_labels(labels: dict[str, str], family: str, paths: set[str]) -> None:
    if family == "http_request_duration_seconds":
        assert labels["method"] in METHODS
        assert not labels["route"].startswith("/api/v1/") or labels["route"].removeprefix("/api/v1") in paths
        assert labels["status"].isdecimal() and 100 <= int(labels["status"]) < 600
        return
    for name, value in labels.items():
        if name in ("job", "task", "collection"):
            assert PLAIN_LABEL.fullmatch(value), (family, name, value)
        elif name not in ("le", "version", "currency"):
            assert value in LABELS[name], (family, name, value)


def test_the_catalogue_keeps_to_the_conventions() -> None:
    for one in CATALOGUE:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", one.name)
        assert one.name.endswith("_total") == (one.kind == "counter"), one.name
        assert one.kind != "histogram" or one.name.endswith("_seconds"), one.name
        assert one.help.endswith(".") and len(one.help.split()) >= 2, one.name
        assert not one.name.endswith(("_ms", "_millis", "_minutes", "_kb", "_mb"))
    assert len({one.name for one in CATALOGUE}) == len(CATALOGUE)


def test_no_label_is_hidden_by_those_of_the_scraped_process() -> None:
    """Prometheus gives each series the labels job, instance and role, and renames a metric's own."""
    hidden = {one.name: {"job", "instance", "role"} & one.labels.keys() for one in CATALOGUE}
    assert {name: labels for name, labels in hidden.items() if labels} == {
        "job_duration_seconds": {"job"},  # queries name exported_job
        "supportcarr_build_info": {"role"},  # the same role
    }


async def test_a_wrong_ledger_is_exported_by_a_worker(fleet: Fleet) -> None:
    """And by each one that is started later: the result is stored."""
    wrong = LedgerTransaction(
        id="ltx_wrong.charge",
        kind="fare",
        rescue_id="res_1",
        payment_id="pay_1",
        currency="CAD",
        entries=(Entry("a", 5), Entry("b", -4)),
        at=datetime(2026, 6, 1, tzinfo=UTC),
    )
    async with fleet.open_store() as store:
        await store.collection(LEDGER).insert(wrong)
    worker = await fleet.start("worker")
    wanted = {
        'verification_findings{verified="ledger"} 2.0',
        'verification_findings{verified="audit_log"} 0.0',
    }

    async def exported() -> bool:
        return wanted <= set((await scrape(fleet, worker)).splitlines())

    await wait_until(exported, within_s=240)
    await wait_until(lambda: "verification_failed" in worker.log.read_text())
