"""Every alert has a runbook that a stranger can follow and tests; nothing names what does not exist."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml

from support.monitoring.promql import family, metrics_of
from supportcarr.bootstrap.metric_catalogue import CATALOGUE
from supportcarr.bootstrap.settings import Settings
from supportcarr.cli import main
from supportcarr.kit.observability.timings import LATENCY_S, LONG_S
from supportcarr.kit.runtime.settings import declared
from supportcarr_lab.monitoring import render
from supportcarr_lab.monitoring.model import Alert, Record, shorter, with_shorter_windows
from supportcarr_lab.monitoring.objectives import OBJECTIVES

ROOT = Path(__file__).parents[3]
RUNBOOKS = ROOT / "docs" / "runbooks"
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS = [rule for group in render.groups() for rule in group.rules if isinstance(rule, Alert)]
RECORDS = [rule for group in render.groups() for rule in group.rules if isinstance(rule, Record)]
# Exported by Prometheus, its client library, kubelet, node_exporter, cert-manager and kube-state-metrics.
FROM_OTHERS = {
    "up", "process_start_time_seconds", "process_open_fds", "process_max_fds",
    "process_resident_memory_bytes", "process_cpu_seconds_total",
    "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes",
    "node_filesystem_avail_bytes", "node_filesystem_size_bytes",
    "certmanager_certificate_expiration_timestamp_seconds", "kube_cronjob_status_last_successful_time",
}  # fmt: skip
FAMILIES = {one.name for one in CATALOGUE} | {rule.name for rule in RECORDS} | FROM_OTHERS
PARTS = ("People notice", "Check", "Likely causes", "Mend", "Afterwards")
SETTINGS = {name for _, _, name, _ in declared(Settings)}


def title(rule: Alert) -> str:
    return " ".join((rule.name, *rule.labels.values()))


def unknown(expr: str) -> set[str]:
    return {name for name in metrics_of(expr) if family(name, FAMILIES) not in FAMILIES}


@cache
def sections(runbook: str) -> dict[str, str]:
    """The text of each section by the anchor of its heading."""
    parts = re.split(r"^## (.+)$", (RUNBOOKS / runbook).read_text(), flags=re.MULTILINE)
    return {parts[n].strip().lower(): parts[n + 1] for n in range(1, len(parts), 2)}


@cache
def log_events() -> set[str]:
    sources = (path.read_text() for path in (ROOT / "src").rglob("*.py"))
    return {
        event
        for text in sources
        for event in re.findall(
            r'(?:\.(?:debug|info|warning|error|exception)\(\s*|\bevent=)"([a-z0-9_]+)"', text
        )
    }


@pytest.mark.parametrize("alert", ALERTS, ids=title)
def test_an_alert_says_who_hears_of_it_and_what_to_do(alert: Alert) -> None:
    assert alert.severity in render.SEVERITIES
    assert len(re.sub(r"\{\{.*?\}\}", "", alert.summary).split()) >= 4, alert.summary
    section = sections(alert.runbook)[alert.name.lower()]
    missing = [
        part for part in PARTS if not re.search(rf"^\*\*{part}\b[^*]*:\*\*\s+\S", section, re.MULTILINE)
    ]
    assert not missing, f"{alert.runbook}#{alert.name.lower()} has no {missing}"


@pytest.mark.parametrize("rule", [*ALERTS, *RECORDS], ids=lambda rule: str(rule.name))
def test_a_rule_reads_metrics_that_exist(rule: Alert | Record) -> None:
    assert not unknown(rule.expr)
    bounds = {str(bound) for bound in (*LATENCY_S, *LONG_S)}
    for bound in re.findall(r'\ble="([^"]+)"', rule.expr):
        assert bound in bounds
        assert "." in bound, "Prometheus 2 and 3 write whole bounds differently"


def test_a_metric_that_does_not_exist_is_noticed() -> None:
    assert unknown('sum by (le) (rate(outbox_lag_minutes_bucket{job="x"}[5m])) > 3') == {
        "outbox_lag_minutes_bucket"
    }
    assert unknown("max(outbox_lag_seconds) > 60 and rate(read_model_lag_seconds_sum[5m]) > 0") == set()


@pytest.mark.parametrize("runbook", sorted(path.name for path in RUNBOOKS.glob("*.md")))
def test_runbooks_name_what_exists(runbook: str) -> None:
    text = (RUNBOOKS / runbook).read_text()
    wrong: list[str] = []
    for line in re.findall(r"^    (?!\s)(.+)$", text, re.MULTILINE):
        if (
            "kubectl" not in line
            and "amtool" not in line
            and re.search(r"[a-z]+_[a-z]+|slo:|up\{|vector\(", line)
        ):
            wrong += unknown(line)
    for span in re.findall(r"`([^`\n]+)`", text):
        wrong += _wrong_names(span)
    assert not wrong


def _wrong_names(span: str) -> list[str]:
    wrong = [name for name in re.findall(r"SUPPORTCARR_[A-Z0-9_]+", span) if name not in SETTINGS]
    for words in re.findall(r"(?<![\w/=-])supportcarr((?: [a-z-]+)+)", re.sub(r"-n supportcarr\b", "", span)):
        command: click.Command | None = main
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
        if command is None and "helm" not in span:
            wrong.append(f"supportcarr{words}")
    if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", span):
        known = family(span, FAMILIES) in FAMILIES or span in log_events()
        if not known and span not in ("event_id", "exported_job", "payment_timeout"):
            wrong.append(span)
    return wrong


@pytest.mark.parametrize(
    "span", ["SUPPORTCARR_NO_SUCH", "supportcarr jobs repeat ID", "outbox_lag_minutes"]
)  # fmt: skip
def test_a_name_that_does_not_exist_is_noticed(span: str) -> None:
    assert _wrong_names(span)


def test_links_of_runbooks_lead_somewhere() -> None:
    for path in [*RUNBOOKS.glob("*.md"), ROOT / "docs" / "slos.md"]:
        for target, _, anchor in re.findall(r"\]\(([^)#:\s]*)(#([^)]+))?\)", path.read_text()):
            found = (path.parent / target).resolve() if target else path
            assert found.exists(), f"{path.name}: {target}"
            if anchor and found.parent == RUNBOOKS and found.name != "README.md":
                assert anchor in sections(found.name), f"{path.name}: {target}#{anchor}"


def test_every_rule_has_tests_of_promtool() -> None:
    names = [
        test["name"]
        for path in (PROMETHEUS / "tests").glob("*.yaml")
        for test in yaml.safe_load(path.read_text())["tests"]
    ]
    assert len(names) == len(set(names))
    for alert in ALERTS:
        if alert.severity == "heartbeat":
            assert f"{title(alert)} always fires" in names
        else:
            assert {f"{title(alert)} fires", f"{title(alert)} does not fire"} <= set(names), title(alert)
    for record in RECORDS:
        assert any(name.startswith(f"{record.name}{{") for name in names), record.name


def test_each_test_looks_when_rules_were_evaluated() -> None:
    """Else no alert would be seen, and "does not fire" could not fail."""
    for path in (PROMETHEUS / "tests").glob("*.yaml"):
        document = yaml.safe_load(path.read_text())
        every = int(document["evaluation_interval"].removesuffix("m"))
        for test in document["tests"]:
            for asked in test["promql_expr_test"]:
                at = asked["eval_time"]
                minutes = int(at[:-1]) * (60 if at.endswith("h") else 1)
                assert minutes % every == 0, test["name"]


def test_names_with_the_same_labels_are_unique() -> None:
    titles = [title(alert) for alert in ALERTS]
    assert len(titles) == len(set(titles))


def roll_out() -> ModuleType:
    spec = importlib.util.spec_from_file_location("roll_out", ROOT / "deploy" / "release" / "roll_out.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["roll_out"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_releases_are_judged_by_the_same_objectives() -> None:
    by_key = {objective.key: objective for objective in OBJECTIVES}
    script = roll_out()
    assert by_key["api_availability"].budget == script.ALLOWED_ERRORS
    assert by_key["api_latency"].budget == script.ALLOWED_SLOW
    assert f'le="{script.SLOW_BOUND}"' in by_key["api_latency"].bad


def test_alertmanager_names_alerts_that_exist() -> None:
    config = yaml.safe_load((PROMETHEUS / "alertmanager.yaml").read_text())
    names = {alert.name for alert in ALERTS}
    matched = 0
    for rule in config["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            found = re.fullmatch(r'alertname =~? "(.+)"', matcher)
            if found:
                for pattern in _alternatives(found[1]):
                    matched += 1
                    assert any(re.fullmatch(pattern, name) for name in names), pattern
    assert matched > 20
    severities = {match for route in config["route"]["routes"] for match in route["matchers"]}
    assert severities == {'severity = "page"', 'severity = "heartbeat"'}  # tickets are the default


def _alternatives(pattern: str) -> list[str]:
    """``(A|B)C|D`` as AC, BC, D."""
    out: list[str] = []
    for part in re.split(r"\|(?![^(]*\))", pattern):
        group = re.match(r"\(([^)]*)\)(.*)", part)
        out += [f"{choice}{group[2]}" for choice in group[1].split("|")] if group else [part]
    return out


def test_windows_can_be_divided() -> None:
    assert shorter("5m", 60) == "5s"
    assert shorter("30s", 60) == "500ms"
    assert shorter("3d", 60) == "4320s"
    assert shorter("0s", 60) == "0s"
    assert (
        with_shorter_windows('rate(a{b="5m"}[5m]) > 5 * b offset 1h', 60)
        == 'rate(a{b="5m"}[5s]) > 5 * b offset 60s'
    )
