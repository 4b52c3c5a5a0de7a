"""The chart as helm renders it for each environment: valid for Kubernetes, and what our rules demand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.deploy.chart import (
    CHART,
    ENVIRONMENTS,
    HELM,
    KUBECONFORM,
    KUBERNETES,
    SCHEMAS,
    Object,
    helm,
    rendered,
    strict_schemas,
)
from supportcarr.bootstrap.profile_rules import insecure_settings
from supportcarr.bootstrap.settings import load_settings

pytestmark = pytest.mark.skipif(
    HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"
)

CUSTOM = {  # kinds of operators and of the Gateway API, whose schemas are not in Kubernetes
    "BackendTLSPolicy", "Certificate", "ExternalSecret", "Gateway", "HTTPRoute", "Issuer", "PrometheusRule",
    "ServiceMonitor",
}  # fmt: skip
INGRESS = (
    "--set",
    "ingress.enabled=true",
    "--set",
    "ingress.className=traefik",
    "--set",
    "edge.service.type=ClusterIP",
)
KIND = ("-f", str(CHART.parent / "kind" / "staging.yaml"))  # as images.yml installs it
LOGS = ("--set", "logs.enabled=true", "--set", "logs.endpoint=https://logs.example")
SHARDS = (
    "--set",
    "sharding.enabled=true",
    "--set",
    "sharding.shards={east/a:27017}",
    "--set",
    "sharding.regions.qc=east",
)


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def objects(environment: str) -> list[Object]:
    return rendered(environment)


def of_kind(objects: list[Object], *kinds: str) -> Iterator[Object]:
    return (found for found in objects if found["kind"] in kinds)


def pod_template(found: Object) -> Object:
    """The pod itself, or that which the object makes; empty: it makes none."""
    if found["kind"] == "Pod":
        return found
    spec = found.get("spec", {})
    return dict(spec.get("jobTemplate", {}).get("spec", spec).get("template", {}))


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """The name and the pod's specification of everything that runs."""
    for found in objects:
        template = pod_template(found)
        if "containers" in template.get("spec", {}):
            yield found["metadata"]["name"], template["spec"]


def containers(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for name, spec in pods(objects):
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            yield f"{name}/{container['name']}", container


def named(objects: list[Object], kind: str, name: str) -> Object:
    [found] = [found for found in of_kind(objects, kind) if found["metadata"]["name"] == name]
    return found


def test_helm_has_no_complaint(environment: str) -> None:
    done = helm("lint", "--strict", CHART, "-f", CHART / f"values-{environment}.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    KUBECONFORM is None or not SCHEMAS.is_dir(), reason="scripts/setup chart has not built kubeconform"
)
def test_every_object_is_valid_for_kubernetes(tmp_path: Path) -> None:
    assert KUBECONFORM is not None
    everything = [found for environment in ENVIRONMENTS for found in rendered(environment)]
    everything += rendered("staging", *INGRESS) + rendered("production", *SHARDS) + rendered("staging", *KIND)
    everything += rendered("staging", *LOGS) + rendered("staging", "--set", "canary.of=supportcarr")
    schemas = strict_schemas(tmp_path, {str(found["kind"]) for found in everything})
    checked = subprocess.run(
        [
            *(KUBECONFORM, "-strict", "-summary", "-kubernetes-version", f"{KUBERNETES}.0"),
            *("-skip", ",".join(sorted(CUSTOM))),
            *("-schema-location", f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", "-"),
        ],
        input=yaml.safe_dump_all(everything), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"Skipped: {len([*of_kind(everything, *CUSTOM)])}" in checked.stdout, checked.stdout


def test_alerts_are_for_the_releases_own_namespace() -> None:
    [rule] = of_kind(
        rendered("production", "--set", "monitoring.runbooksUrl=https://wiki.example/runbooks"),
        "PrometheusRule",
    )
    text = yaml.safe_dump(rule["spec"], width=10_000)
    assert "RELEASE_NAMESPACE" not in text
    assert "RUNBOOKS_URL" not in text
    rules = [each for group in rule["spec"]["groups"] for each in group["rules"]]
    [lag] = [each for each in rules if each.get("alert") == "OutboxLag"]
    namespace = lag["labels"]["namespace"]
    assert lag["expr"] == f'max(outbox_lag_seconds{{job="supportcarr",namespace="{namespace}"}}) > 60'
    assert lag["annotations"]["runbook_url"] == "https://wiki.example/runbooks/events.md#outboxlag"
    assert "{{ $value" in lag["annotations"]["summary"]
    monitors = [*of_kind(rendered("production"), "ServiceMonitor")]
    assert {m["spec"]["endpoints"][0]["relabelings"][1]["replacement"] for m in monitors} == {
        "api",
        "realtime",
        "worker",
    }


def test_pods_have_no_more_rights_than_they_need(objects: list[Object]) -> None:
    for name, spec in pods(objects):
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name  # else the settings refuse its variables
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert not [volume for volume in spec.get("volumes", ()) if "hostPath" in volume], name
    for name, container in containers(objects):
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True, name
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name
        assert container["resources"]["limits"]["memory"], name
        assert container["resources"]["requests"]["cpu"], name
        assert ":" in container["image"], name
        assert not container["image"].endswith(":latest"), name


def test_deployments_are_probed_drained_and_spread(environment: str, objects: list[Object]) -> None:
    for deployment in of_kind(objects, "Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]["template"]["spec"]
        if name.endswith("-emulators"):
            continue
        [container] = spec["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container), name
        waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
        # each of three steps may take DRAIN_SECONDS (the edge: its sockets, 25 s)
        assert spec["terminationGracePeriodSeconds"] >= waits + 30 + 5, name
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        if environment != "development":
            keys = {each["topologyKey"] for each in spec["topologySpreadConstraints"]}
            assert "topology.kubernetes.io/zone" in keys, name


def test_production_has_the_promised_replicas_and_scales(objects: list[Object], environment: str) -> None:
    if environment != "production":
        pytest.skip("of production")
    scaled = {
        found["metadata"]["name"]: found["spec"] for found in of_kind(objects, "HorizontalPodAutoscaler")
    }
    assert {name: spec["minReplicas"] for name, spec in scaled.items()} == {
        "supportcarr-api": 3, "supportcarr-realtime": 2, "supportcarr-worker": 2,
    }  # fmt: skip
    metrics = {name: [metric["type"] for metric in spec["metrics"]] for name, spec in scaled.items()}
    assert metrics["supportcarr-realtime"] == ["Resource", "Pods"]
    assert metrics["supportcarr-worker"] == ["Resource", "Pods", "External"]
    [queue] = [metric["external"] for metric in scaled["supportcarr-worker"]["metrics"][2:]]
    assert queue == {
        "metric": {"name": "jobs_waiting"}, "target": {"type": "AverageValue", "averageValue": "50"},
    }  # fmt: skip
    guarded = {found["metadata"]["name"] for found in of_kind(objects, "PodDisruptionBudget")}
    assert {"supportcarr-api", "supportcarr-realtime", "supportcarr-worker", "supportcarr-edge"} <= guarded


def test_grafana_finds_every_dashboard(objects: list[Object]) -> None:
    maps = [
        found for found in of_kind(objects, "ConfigMap") if "grafana_dashboard" in found["metadata"]["labels"]
    ]
    files = {path.name: path.read_text() for path in (CHART.parents[1] / "grafana/dashboards").glob("*.json")}
    assert {name: json.loads(text) for found in maps for name, text in found["data"].items()} == {
        name: json.loads(text) for name, text in files.items()
    }


def test_nothing_is_reachable_that_no_policy_allows(objects: list[Object], environment: str) -> None:
    policies = [*of_kind(objects, "NetworkPolicy")]
    if environment == "development":
        assert policies == []
        return
    deny = named(objects, "NetworkPolicy", "supportcarr-deny")["spec"]
    assert sorted(deny["policyTypes"]) == ["Egress", "Ingress"]
    assert set(deny) == {"podSelector", "policyTypes"}
    everyone = deny["podSelector"]["matchLabels"].items()
    components = set()
    for found in objects:
        template = pod_template(found)
        labels = template.get("metadata", {}).get("labels", {})
        if "containers" in template.get("spec", {}):
            assert everyone <= labels.items(), found["metadata"]["name"]
            components.add(labels["app.kubernetes.io/component"])
    allowed = {
        policy["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component") for policy in policies
    }
    assert components <= allowed
    api = named(objects, "NetworkPolicy", "supportcarr-api")["spec"]["ingress"]
    [to_api] = [rule for rule in api if rule["ports"] == [{"port": 8000}]]
    assert to_api["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "edge"


def test_the_settings_are_those_that_the_platform_accepts(
    objects: list[Object], environment: str, tmp_path: Path
) -> None:
    """The environment of an API pod, loaded by the platform's own code."""
    data: dict[str, str] = dict(named(objects, "ConfigMap", "supportcarr")["data"])
    made = subprocess.run([CHART.parent / "make-secrets"], capture_output=True, text=True, check=True)
    secret: dict[str, str] = dict(yaml.safe_load(made.stdout)["stringData"])
    assert all(key in secret for name, key in secrets_of(objects) if name != "supportcarr-backup"), (
        secret.keys()
    )
    [container] = named(objects, "Deployment", "supportcarr-api")["spec"]["template"]["spec"]["containers"]
    given = {name: value for name, value in secret.items() if name.startswith("SUPPORTCARR_")} | data
    for variable in container.get("env", ()):
        if "value" in variable:
            value = variable["value"]
            for name in ("MONGODB_PASSWORD", "REDIS_PASSWORD"):
                value = value.replace(f"$({name})", secret[name])
            given[variable["name"]] = value
    if environment == "production":
        given |= {
            "SUPPORTCARR_STORE_URL": "mongodb+srv://db.example/supportcarr",
            "SUPPORTCARR_REDIS_URL": "rediss://cache.example:6379/0",
            "SUPPORTCARR_STRIPE_API_KEY": "sk_live_" + "5fA8xQ2mZ1kL7vB3",
            "SUPPORTCARR_TWILIO_FROM_NUMBER": "+15005550006",
        }
    if given.get("SUPPORTCARR_S3_BUCKET"):
        given |= {"SUPPORTCARR_S3_ACCESS_KEY_ID": "AKIA0", "SUPPORTCARR_S3_SECRET_ACCESS_KEY": "x"}
    for name in ("SUPPORTCARR_TLS_CERTIFICATE", "SUPPORTCARR_TLS_KEY"):
        if name in given:
            assert given[name].startswith("/etc/supportcarr/internal-tls/")
            given[name] = str(tmp_path / name)
            (tmp_path / name).write_text("")
    given["SUPPORTCARR_DATA"] = str(tmp_path)
    settings = load_settings(
        {name: value for name, value in given.items() if name.startswith("SUPPORTCARR_")}, dotenv=None
    )
    assert insecure_settings(settings, {}) == []
    assert settings.deployment.profile == ("local" if environment == "development" else environment)


def secrets_of(objects: list[Object]) -> Iterator[tuple[str, str]]:
    """What containers take from Secrets: the Secret's name, and the key."""
    for _, container in containers(objects):
        for variable in container.get("env", ()):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield reference["name"], reference["key"]


def test_no_secret_is_in_the_chart(objects: list[Object]) -> None:
    assert [*of_kind(objects, "Secret")] == []
    for found in of_kind(objects, "ConfigMap"):
        assert not [
            key for key in found["data"] if key.endswith(("SECRET", "API_KEY", "PASSWORD", "STORE_URL"))
        ]


def test_the_check_runs_before_new_pods(objects: list[Object], environment: str) -> None:
    job = named(objects, "Job", "supportcarr-check")
    hooks = job["metadata"]["annotations"]["helm.sh/hook"]
    assert hooks == ("pre-install,pre-upgrade" if environment == "production" else "post-install,pre-upgrade")
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["check", "--apply"]
    config = named(objects, "ConfigMap", "supportcarr-check")  # a hook too: it must be there before
    assert config["metadata"]["annotations"]["helm.sh/hook"] == hooks
    assert "SUPPORTCARR_TLS_CERTIFICATE" not in config["data"]


def test_a_scaler_that_kubernetes_would_refuse_is_not_rendered() -> None:
    """It would be refused in the middle of a release, when other objects are new already."""
    more = ("-f", CHART / "values-production.yaml", "--kube-version", KUBERNETES)
    done = helm("template", CHART, *more, "--set", "api.autoscaling.min=30")
    assert (done.returncode != 0, "api.autoscaling.min is more than its max" in done.stderr) == (True, True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("image.repository=supportcarr-development", "repository"),
        ("development.emulators=true", "emulators"),
        ("tls.internal.mode=none", "mode"),
        ("unknown=1", "unknown"),
    ],
)
def test_production_refuses(change: str, reason: str) -> None:
    for more in ((), ("--skip-schema-validation",)):
        if reason == "unknown" and more:
            continue
        done = helm(
            "template",
            CHART,
            "-f",
            CHART / "values-production.yaml",
            "--kube-version",
            KUBERNETES,
            "--set",
            change,
            *more,
        )
        assert done.returncode != 0, (change, more)
        assert reason in done.stderr or "development alone" in done.stderr, done.stderr


def test_staging_on_kind_keeps_what_staging_promises() -> None:
    staging, kind = rendered("staging"), rendered("staging", *KIND)

    def names(objects: list[Object]) -> set[tuple[str, str]]:
        return {(found["kind"], found["metadata"]["name"]) for found in objects}

    replaced = {which for which, _ in names(staging) - names(kind)}
    assert replaced == {
        "ExternalSecret",
        "Gateway",
        "HTTPRoute",
        "BackendTLSPolicy",
        "ServiceMonitor",
        "PrometheusRule",
    }
    assert names(kind) <= names(staging)
    settings = named(kind, "ConfigMap", "supportcarr")["data"]
    assert (settings["SUPPORTCARR_PROFILE"], "SUPPORTCARR_TLS_KEY" in settings) == ("staging", True)
    assert named(kind, "StatefulSet", "supportcarr-mongodb")["spec"]["replicas"] == 3


def test_routes_lead_to_the_edge_over_tls() -> None:
    staging = rendered("staging")
    gateway = named(staging, "Gateway", "supportcarr")
    assert {listener["protocol"] for listener in gateway["spec"]["listeners"]} == {"HTTP", "HTTPS"}
    route = named(staging, "HTTPRoute", "supportcarr")
    backends: set[Any] = {
        (backend["name"], backend["port"])
        for rule in route["spec"]["rules"]
        for backend in rule["backendRefs"]
    }
    assert backends == {("supportcarr-edge", 443)}
    [policy] = of_kind(staging, "BackendTLSPolicy")
    assert policy["spec"]["targetRefs"][0]["name"] == "supportcarr-edge"
    [ingress] = of_kind(rendered("staging", *INGRESS), "Ingress")
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "supportcarr-edge"
