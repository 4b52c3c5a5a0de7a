"""The dashboards show every metric, say what is normal, and their queries are PromQL."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from supportcarr.bootstrap.metric_catalogue import CATALOGUE
from supportcarr_lab.dashboards.boards import DASHBOARDS, OF_THE_PROCESS, WITHOUT_PANEL, panels_by_metric
from supportcarr_lab.dashboards.model import RATE, metrics_in, queries_of

ROOT = Path(__file__).resolve().parents[3]
EXPORTED = {one.name for one in CATALOGUE}


def test_every_metric_has_a_panel_or_a_reason_for_none() -> None:
    shown = panels_by_metric().keys()
    assert EXPORTED - shown - WITHOUT_PANEL.keys() == set()
    assert WITHOUT_PANEL.keys() & shown == set(), "a reason is not needed where there is a panel"
    assert WITHOUT_PANEL.keys() <= EXPORTED


def test_no_query_names_a_metric_that_is_not_exported() -> None:
    assert panels_by_metric().keys() - EXPORTED - OF_THE_PROCESS == set()


@pytest.mark.parametrize(
    ("query", "metrics"),
    [
        ("sum by (le, role) (rate(a_seconds_bucket{x=~\"b|c\"}[5m]))", {"a_seconds"}),
        ("max(a) / on (instance) group_left (role) b_info", {"a", "b_info"}),
        ("topk(8, a_total) or vector(0)", {"a_total"}),
        ("1 - (sum(rate(a_count[1h])) or 0 * b)", {"a", "b"}),
    ],
)  # fmt: skip
def test_the_metrics_of_a_query_are_found(query: str, metrics: set[str]) -> None:
    assert metrics_in(query) == metrics


def test_promtool_parses_every_query(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (scripts/setup prometheus)")
    rules = [
        {"record": f"panel:{n}", "expr": query.expr.replace(RATE, "5m")}
        for n, (_, _, query) in enumerate(queries_of(DASHBOARDS))
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    checked = subprocess.run([promtool, "check", "rules", str(file)], text=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout


def test_every_panel_says_what_is_normal_and_what_to_do_otherwise() -> None:
    for dashboard in DASHBOARDS:
        titles = [panel.title for panel in dashboard.panels]
        assert len(titles) == len(set(titles)), dashboard.name
        for panel in dashboard.panels:
            assert panel.normal.endswith(".") and panel.otherwise.endswith("."), panel.title
            assert len(panel.otherwise.split()) >= 4, panel.title
            assert panel.queries and len(panel.queries) <= 26


def test_grafana_is_given_what_is_generated() -> None:
    folder = ROOT / "deploy/grafana/dashboards"
    assert {path.stem for path in folder.glob("*.json")} == {one.name for one in DASHBOARDS}
    [provider] = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/dashboards/supportcarr.yaml").read_text()
    )["providers"]
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    mounted = f"./grafana/dashboards:{provider['options']['path']}:ro"
    assert mounted in compose["services"]["grafana"]["volumes"]
    documents = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    assert len({document["uid"] for document in documents}) == len(documents)
    for document in documents:
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in document["panels"]]
        assert len(places) == len(set(places))
