"""A canary of the API: a release of its own, whose pods join those of the release beside it."""

from __future__ import annotations

from typing import Any

import pytest

from support.deploy.chart import CHART, HELM, KUBERNETES, Object, helm, rendered

pytestmark = pytest.mark.skipif(
    HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"
)

NEW = "sha256:" + "1" * 64
CANARY = ("--set", f"image.digest={NEW},settings.RELEASE=new,canary.of=supportcarr,canary.replicas=2")


@pytest.fixture(scope="module", params=["staging", "production"])
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def stable(environment: str) -> list[Object]:
    return rendered(environment)


@pytest.fixture(scope="module")
def canary(environment: str) -> list[Object]:
    return rendered(environment, *CANARY, release="supportcarr-canary")


def named(objects: list[Object], kind: str, name: str) -> Any:
    [found] = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def test_it_has_nothing_that_the_release_has_too(stable: list[Object], canary: list[Object]) -> None:
    """What both had, helm would refuse to install, or remove with the canary."""

    def names(objects: list[Object]) -> set[tuple[str, str]]:
        return {(each["kind"], each["metadata"]["name"]) for each in objects}

    assert names(canary) == {
        ("ConfigMap", "supportcarr-canary"), ("Deployment", "supportcarr-api-canary"),
        ("ConfigMap", "supportcarr-canary-check"), ("Job", "supportcarr-canary-check"),
    }  # fmt: skip
    assert not names(canary) & names(stable)


def test_its_pods_are_reached_as_the_others_and_belong_to_it_alone(
    stable: list[Object], canary: list[Object]
) -> None:
    service = named(stable, "Service", "supportcarr-api")["spec"]["selector"].items()
    ours = named(canary, "Deployment", "supportcarr-api-canary")["spec"]
    theirs = named(stable, "Deployment", "supportcarr-api")["spec"]
    for deployment in (ours, theirs):
        labels = deployment["template"]["metadata"]["labels"].items()
        assert service <= labels
        assert deployment["selector"]["matchLabels"].items() <= labels
    # The other one's selector fits its pods, too: it cannot be changed any more (test_chart_upgrade.py).
    # A pod belongs to the Deployment that made it.
    stable_labels = theirs["template"]["metadata"]["labels"].items()
    assert not ours["selector"]["matchLabels"].items() <= stable_labels
    assert ours["replicas"] == 2
    policy = named(stable, "NetworkPolicy", "supportcarr-api")["spec"]["podSelector"]["matchLabels"].items()
    assert policy <= ours["template"]["metadata"]["labels"].items()
    budget = named(stable, "PodDisruptionBudget", "supportcarr-api")["spec"]["selector"][
        "matchLabels"
    ].items()
    assert budget <= ours["template"]["metadata"]["labels"].items()


def test_it_runs_the_new_image_and_settings_on_the_same_stores(
    stable: list[Object], canary: list[Object]
) -> None:
    pod = named(canary, "Deployment", "supportcarr-api-canary")["spec"]["template"]["spec"]
    theirs = named(stable, "Deployment", "supportcarr-api")["spec"]["template"]["spec"]
    [container], [other] = pod["containers"], theirs["containers"]
    assert container["image"].endswith(NEW)
    assert container["envFrom"] == [{"configMapRef": {"name": "supportcarr-canary"}}, other["envFrom"][1]]
    settings = named(canary, "ConfigMap", "supportcarr-canary")["data"]
    assert settings["SUPPORTCARR_RELEASE"] == "new"
    assert "SUPPORTCARR_RELEASE" not in named(stable, "ConfigMap", "supportcarr")["data"]
    assert container.get("env") == other.get("env")
    assert pod["volumes"] == theirs["volumes"]
    assert pod["serviceAccountName"] == "supportcarr"
    different = {key for key in container if container[key] != other[key]}
    assert different == {"image", "envFrom"}


def test_the_check_of_the_new_release_runs_before_it(canary: list[Object]) -> None:
    """Indexes that it needs are made first; the check only adds, so the others go on."""
    for kind in ("ConfigMap", "Job"):
        found = named(canary, kind, "supportcarr-canary-check")
        assert found["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = named(canary, "Job", "supportcarr-canary-check")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["image"].endswith(NEW)
    assert container["envFrom"][0] == {"configMapRef": {"name": "supportcarr-canary-check"}}


def test_a_release_that_is_no_name_is_refused() -> None:
    done = helm(
        *("template", CHART, "-f", CHART / "values-staging.yaml", "--kube-version", KUBERNETES),
        *("--set", "canary.of=Not a name"),
    )
    assert done.returncode != 0
    assert "canary" in done.stderr
