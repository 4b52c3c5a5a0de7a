"""The workflows that release: what they promise beyond what their linters check."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = ROOT / ".github" / "workflows"


def workflow(name: str) -> dict[Any, Any]:
    return dict(yaml.safe_load((WORKFLOWS / name).read_text()))


def test_every_release_passes_through_a_protected_environment() -> None:
    [job] = workflow("deploy.yml")["jobs"].values()
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}
    callers = {
        (path.name, name): each["with"]["environment"]
        for path in WORKFLOWS.glob("*.yml")
        for name, each in workflow(path.name)["jobs"].items()
        if each.get("uses", "").endswith("/deploy.yml")
    }
    assert callers == {("images.yml", "staging"): "staging", ("release.yml", "production"): "production"}
    for path in WORKFLOWS.glob("*.yml"):
        assert ("helm upgrade" in path.read_text()) <= (path.name == "images.yml"), path.name  # on kind


def test_the_credentials_last_as_long_as_the_job_that_may_have_to_go_back() -> None:
    [job] = workflow("deploy.yml")["jobs"].values()
    [step] = [step for step in job["steps"] if "aws-actions/" in step.get("uses", "")]
    lasts = int(step["with"].get("role-duration-seconds", 3600))  # the action's default
    assert lasts >= 60 * job["timeout-minutes"], "they end in the middle of the job"


def test_production_gets_what_staging_has() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert jobs["production"]["needs"] == "admissible"
    text = (WORKFLOWS / "release.yml").read_text() + (WORKFLOWS / "deploy.yml").read_text()
    assert "docker build " not in text
    assert "docker push" not in text
    steps = workflow("deploy.yml")["jobs"]["roll-out"]["steps"]
    runs = [step.get("run", "") for step in steps]
    [verified] = [number for number, run in enumerate(runs) if "cosign verify" in run]
    [rolled_out] = [number for number, run in enumerate(runs) if "roll_out.py" in run]
    assert verified < rolled_out
    assert "images.yml@refs/heads/main" in runs[verified]
    assert "image.digest=$DIGEST" in runs[rolled_out]
    assert "edge.image.digest=$EDGE_DIGEST" in runs[rolled_out]


def test_the_script_knows_the_options_that_the_workflow_gives_it() -> None:
    text = (WORKFLOWS / "deploy.yml").read_text()
    [given] = re.findall(r"roll_out\.py (.*?) -- ", text)
    script = ROOT / "deploy" / "release" / "roll_out.py"
    known = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = re.findall(r"--[a-z-]+", given)
    assert options == ["--namespace", "--prometheus", "--must-see", "--canary"]
    for option in options:
        assert f"{option} " in known, option


def test_long_tests_run_every_night() -> None:
    nightly = workflow("nightly.yml")
    assert nightly[True]["schedule"]  # YAML 1.1 reads the key "on" as true
    assert any(step.get("run") == "make test-long" for step in nightly["jobs"]["crashes"]["steps"])
