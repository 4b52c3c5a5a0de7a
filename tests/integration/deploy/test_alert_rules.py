"""Prometheus' own tools accept rules and configuration; promtool runs every rule's tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from supportcarr_lab.monitoring import render
from supportcarr_lab.monitoring.model import Group

PROMETHEUS = Path(__file__).parents[3] / "deploy" / "prometheus"
PROMTOOL, AMTOOL = shutil.which("promtool"), shutil.which("amtool")
TESTS = [
    pytest.param(path.name, marks=pytest.mark.long if path.stem == "objectives-long" else ())
    for path in sorted((PROMETHEUS / "tests").glob("*.yaml"))
]

with_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed (scripts/setup prometheus)"
)
with_amtool = pytest.mark.skipif(AMTOOL is None, reason="amtool is not installed (scripts/setup prometheus)")


def run(tool: str | None, *arguments: str | Path) -> str:
    assert tool is not None
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@with_promtool
@pytest.mark.parametrize("tests", TESTS)
def test_rules_fire_and_do_not_fire_as_their_tests_say(tests: str) -> None:
    assert "SUCCESS" in run(PROMTOOL, "test", "rules", PROMETHEUS / "tests" / tests)


@with_promtool
def test_a_rule_that_is_wrong_fails_its_tests(tmp_path: Path) -> None:
    for folder in ("rules", "tests"):
        (tmp_path / folder).mkdir()
        shutil.copy(PROMETHEUS / folder / "events.yaml", tmp_path / folder)
    rules = tmp_path / "rules" / "events.yaml"
    for wrong in ("> 6000", "> 1"):
        rules.write_text((PROMETHEUS / "rules" / "events.yaml").read_text().replace("> 60\n", f"{wrong}\n"))
        with pytest.raises(AssertionError, match="OutboxLag"):
            run(PROMTOOL, "test", "rules", tmp_path / "tests" / "events.yaml")


@with_promtool
def test_prometheus_accepts_its_configuration() -> None:
    assert "SUCCESS" in run(PROMTOOL, "check", "config", PROMETHEUS / "prometheus.yaml")


@with_promtool
@pytest.mark.parametrize("divisor", [1, 60])
@pytest.mark.parametrize("group", render.groups(), ids=lambda group: str(group.name))
def test_prometheus_accepts_the_rules_with_shorter_windows_too(
    tmp_path: Path, group: Group, divisor: int
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(render.as_yaml(render.rules_document(group, divisor=divisor)))
    assert f"{len(group.rules)} rules found" in run(PROMTOOL, "check", "rules", file)


@with_promtool
def test_prometheus_accepts_the_groups_of_the_chart(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(render.chart_document()))
    assert "SUCCESS" in run(PROMTOOL, "check", "rules", file)


@with_amtool
def test_alertmanager_accepts_its_configuration() -> None:
    assert "SUCCESS" in run(AMTOOL, "check-config", PROMETHEUS / "alertmanager.yaml")


@with_amtool
@pytest.mark.parametrize("severity", render.SEVERITIES)
def test_each_severity_has_its_own_receiver(severity: str) -> None:
    config = f"--config.file={PROMETHEUS / 'alertmanager.yaml'}"
    assert run(AMTOOL, "config", "routes", "test", config, f"severity={severity}").strip() == severity
