"""checkov's policies on the chart as it is released to staging and production."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from support.deploy.aws import INSTALLED, TOOLS
from support.deploy.chart import CHART, HELM, rendered
from support.deploy.policies import unreasoned

pytestmark = [
    pytest.mark.skipif(HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"),
    pytest.mark.skipif(not INSTALLED, reason="checkov is not installed (scripts/setup cloud)"),
]

DIGEST = "sha256:" + "0" * 64
# as deploy.yml names the images
RELEASED = ("--set", f"image.digest={DIGEST}", "--set", f"edge.image.digest={DIGEST}")


def checked(folder: Path) -> tuple[list[tuple[str, str, str]], int]:
    """What checkov finds in the manifests of *folder*, and how many rules passed."""
    done = subprocess.run(
        [TOOLS / "checkov", "--directory", folder, "--framework", "kubernetes", "--skip-download",
         "--output", "json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    failed = report["results"]["failed_checks"]
    found = [
        (each["check_id"], each["resource"].replace(".city.", ".", 1), each["check_name"]) for each in failed
    ]
    return found, report["summary"]["passed"]


def test_no_policy_is_broken_without_a_reason(tmp_path: Path) -> None:
    for environment in ("staging", "production"):
        objects = rendered(environment, *RELEASED)
        for each in objects:  # where helm installs it
            each["metadata"]["namespace"] = "city"
        (tmp_path / f"{environment}.yaml").write_text(yaml.safe_dump_all(objects))
    found, passed = checked(tmp_path)
    assert passed > 1000
    assert unreasoned(CHART.parent / "exceptions.toml", "checkov", found) == []


def test_it_would_find_a_privileged_pod(tmp_path: Path) -> None:
    objects = [each for each in rendered("production", *RELEASED) if each["kind"] == "Deployment"]
    [container] = objects[0]["spec"]["template"]["spec"]["containers"]
    container["securityContext"]["privileged"] = True
    (tmp_path / "privileged.yaml").write_text(yaml.safe_dump_all(objects))
    found, _ = checked(tmp_path)
    assert "CKV_K8S_16" in {rule for rule, _, _ in found}
