"""The objects that the docs name for kubectl are those that the chart makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.deploy.chart import CHART, HELM, Object, rendered

pytestmark = pytest.mark.skipif(
    HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"
)

ROOT = CHART.parents[2]
PAGES = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
KINDS = {
    "configmap": "ConfigMap", "cronjob": "CronJob", "deploy": "Deployment", "deployment": "Deployment",
    "hpa": "HorizontalPodAutoscaler", "job": "Job", "secret": "Secret", "service": "Service",
    "statefulset": "StatefulSet", "sts": "StatefulSet", "svc": "Service",
}  # fmt: skip
_KIND = "|".join(sorted(KINDS, key=len, reverse=True))
_CODE = re.compile(r"`([^`]+)`|^    (.+)$", re.MULTILINE)
_OBJECT = re.compile(rf"\b({_KIND})[/ ]([a-z][a-z0-9.-]*)")
_COMPONENT = re.compile(r"app\.kubernetes\.io/component=([\w-]+)")
MADE_BY_HAND = {("Job", "backup-now"), ("Job", "oplog-now")}  # by the commands of the same page


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    kind = ("-f", str(CHART.parent / "kind" / "staging.yaml"))
    return [*rendered("staging", *kind), *rendered("production")]


def named(text: str) -> tuple[set[tuple[str, str]], set[str]]:
    """The objects and the components that the kubectl commands of a page name, in the release's namespace."""
    found, components = set(), set()
    for span, line in _CODE.findall(text):
        command = " ".join((span or line).split())
        if "kubectl" not in command or "-n supportcarr" not in command:
            continue
        command = command.replace("-n supportcarr", "")
        found |= {(KINDS[kind], name) for kind, name in _OBJECT.findall(command)}
        components |= set(_COMPONENT.findall(command))
    return found - MADE_BY_HAND, components


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_objects_of_a_page_are_made_by_the_chart(page: Path, objects: list[Object]) -> None:
    made = {(found["kind"], found["metadata"]["name"]) for found in objects}
    # Secrets are made by operators, from objects of the chart.
    made |= {("Secret", found["spec"]["secretName"]) for found in objects if found["kind"] == "Certificate"}
    made |= {
        ("Secret", found["spec"]["target"]["name"]) for found in objects if found["kind"] == "ExternalSecret"
    }
    labels = {found["metadata"]["labels"].get("app.kubernetes.io/component") for found in objects}
    names, components = named(page.read_text())
    assert names - made == set()
    assert components - labels == set()


def test_objects_are_found() -> None:
    names, components = named(
        "`kubectl -n supportcarr create job --from=cronjob/nightly backup-now`\n"
        "    kubectl -n supportcarr get pods -l app.kubernetes.io/component=api\n"
        "    kubectl -n supportcarr get deploy supportcarr-api -o yaml\n"
        "`kubectl -n monitoring get svc/other`, `kubectl -n supportcarr logs job/NAME`"
    )
    assert names == {("CronJob", "nightly"), ("Deployment", "supportcarr-api")}
    assert components == {"api"}
