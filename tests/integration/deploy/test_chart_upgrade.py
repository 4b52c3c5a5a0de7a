"""The chart of the release before is upgraded to this one: Kubernetes refuses to change some fields."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.deploy.chart import CHART, ENVIRONMENTS, HELM, KUBERNETES, ROOT, helm, rendered

pytestmark = pytest.mark.skipif(HELM is None, reason="helm is not built (scripts/setup chart)")

CHANGEABLE = {  # of a StatefulSet's specification; all else is refused
    "minReadySeconds", "ordinals", "persistentVolumeClaimRetentionPolicy", "replicas", "revisionHistoryLimit",
    "template", "updateStrategy",
}  # fmt: skip


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart of the release before, from the repository's history."""
    recorded = (ROOT / "deploy" / "previous-release").read_text().strip()
    git = ("git", "-C", str(ROOT))
    known = subprocess.run(
        [*git, "cat-file", "-e", f"{recorded}^{{commit}}"], capture_output=True, check=False
    )
    if known.returncode != 0:
        pytest.skip("the commit in deploy/previous-release is not here: this clone is shallow, or no clone")
    place = CHART.relative_to(ROOT)
    archive = subprocess.run([*git, "archive", recorded, str(place)], check=True, capture_output=True).stdout
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder)  # our own history
    return folder / place


def fixed(found: Any) -> Any:
    """What cannot be changed any more."""
    spec = found.get("spec", {})
    match found["kind"]:
        case "Deployment" | "DaemonSet":
            return spec["selector"]
        case "StatefulSet":
            return {name: value for name, value in spec.items() if name not in CHANGEABLE}
        case "Service":
            return spec.get("clusterIP")  # None makes it headless
        case "Job" if "helm.sh/hook" not in found["metadata"].get("annotations", {}):
            # A job is made anew for each revision, which its name says; otherwise it would have to be equal.
            return None if found["metadata"]["name"].endswith("-1") else spec
        case _:
            return None


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubernetes_takes_the_upgrade(environment: str, before: Path) -> None:
    done = helm(
        *("template", "supportcarr", str(before), "--namespace", "city", "--kube-version", KUBERNETES),
        *("-f", str(before / f"values-{environment}.yaml")),
    )
    assert done.returncode == 0, done.stderr
    old, new = (
        {(each["kind"], each["metadata"]["name"]): fixed(each) for each in objects}
        for objects in (filter(None, yaml.safe_load_all(done.stdout)), rendered(environment))
    )
    assert len(old.keys() & new.keys()) > 10
    assert {name: old[name] for name in old.keys() & new.keys()} == {
        name: new[name] for name in old.keys() & new.keys()
    }
