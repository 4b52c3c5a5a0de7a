"""The figures that the scalers ask for are served by the adapter, with the right values (promtool)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.deploy.chart import CHART, values
from supportcarr.bootstrap.metric_catalogue import CATALOGUE

RULES: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (CHART.parent / "prometheus-adapter.yaml").read_text()
)["rules"]
PROMTOOL = shutil.which("promtool")


def asked_for(whole: bool) -> set[str]:
    """Names of the metrics in production's values: of the platform as a whole, or of each pod."""
    given = values("production")
    return {
        metric["name"]
        for role in ("api", "realtime", "worker")
        for metric in given[role]["autoscaling"]["metrics"]
        if (metric.get("of") == "platform") == whole
    }


def served(kind: str) -> set[str]:
    return {
        name
        for rule in RULES[kind]
        for names in re.findall(r'__name__=~?"([^"]+)"', rule["seriesQuery"])
        for name in names.split("|")
    }


def test_the_adapter_serves_what_the_scalers_ask_for() -> None:
    assert served("custom") == asked_for(whole=False)
    assert served("external") == asked_for(whole=True)


def test_they_are_figures_of_the_platform() -> None:
    gauges = {each.name for each in CATALOGUE if each.kind == "gauge"}
    assert asked_for(whole=False) | asked_for(whole=True) <= gauges


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_figures_of_pods_are_theirs_and_the_queue_is_counted_once(tmp_path: Path) -> None:
    assert PROMTOOL is not None

    def query(kind: str, series: str, matchers: str, by: str) -> str:
        [rule] = RULES[kind]
        text = str(rule["metricsQuery"]).replace("<<.Series>>", series)
        return text.replace("<<.LabelMatchers>>", matchers).replace("<<.GroupBy>>", by)

    own, other = '{namespace="city",pod="a",queue="jobs"}', '{namespace="city",pod="b",queue="jobs"}'
    series = [
        {"series": f"{name}{labels}", "values": value}
        for name, labels, value in (
            ("jobs_waiting", own, "90 90"),
            ("jobs_waiting", other, "100 100"),  # asked a moment later
            ("jobs_waiting", '{namespace="elsewhere",pod="c",queue="jobs"}', "5000 5000"),
            ("outbox_waiting", own.replace(',queue="jobs"', ""), "7 7"),
            ("outbox_waiting", other.replace(',queue="jobs"', ""), "9 9"),
        )
    ]
    expected = [
        (query("external", "jobs_waiting", 'namespace="city"', "namespace"), {'{namespace="city"}': 100}),
        (
            query("custom", "outbox_waiting", 'namespace="city",pod=~"a|b"', "pod"),
            {'{pod="a"}': 7, '{pod="b"}': 9},
        ),
    ]
    tests = [
        {
            "expr": expression,
            "eval_time": "1m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for expression, samples in expected
    ]
    file = tmp_path / "test.yaml"
    file.write_text(
        yaml.safe_dump({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}]})
    )
    done = subprocess.run([PROMTOOL, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
