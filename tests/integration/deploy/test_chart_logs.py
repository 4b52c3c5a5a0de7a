"""The chart's DaemonSet that ships logs: which lines it reads, what it may do, where it sends them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from support.deploy.chart import CHART, ENVIRONMENTS, HELM, KUBERNETES, Object, helm, rendered

pytestmark = pytest.mark.skipif(
    HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"
)

ON = ("--set", "logs.enabled=true", "--set", "logs.endpoint=https://logs.example")
LINE = '{"event": "request", "level": "info", "path": "/api/v1/rescues"}'


def named(objects: list[Object], kind: str) -> Object:
    [found] = [
        each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, "supportcarr-logs")
    ]
    return found


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    return rendered("staging", *ON)


def configuration(objects: list[Object]) -> dict[str, Any]:
    return dict(yaml.safe_load(named(objects, "ConfigMap")["data"]["vector.yaml"]))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_is_off_where_the_cluster_has_an_agent_of_its_own(environment: str) -> None:
    assert "DaemonSet" not in {each["kind"] for each in rendered(environment)}


def test_it_reads_the_files_of_this_release_alone(objects: list[Object]) -> None:
    source = configuration(objects)["sources"]["pods"]

    def is_read(path: str) -> bool:
        included = any(fnmatchcase(path, pattern) for pattern in source["include"])
        return included and not any(fnmatchcase(path, pattern) for pattern in source["exclude"])

    for each in objects:
        if each["kind"] in {"Deployment", "StatefulSet"}:
            name = each["metadata"]["name"]
            assert is_read(f"/var/log/pods/city_{name}-0_4f1d/{name}/0.log"), name
    assert not is_read("/var/log/pods/other_supportcarr-api-1_4f1d/api/0.log")
    assert not is_read("/var/log/pods/city_another-1_4f1d/api/0.log")
    assert not is_read("/var/log/pods/city_supportcarr-logs-x7k2_4f1d/vector/0.log"), "it would ship itself"
    assert not is_read("/var/log/pods/city_supportcarr-api-1_4f1d/api/0.log.20260601-030000.gz")


def test_the_runtimes_lines_are_understood(objects: list[Object]) -> None:
    """The patterns of the first step, on lines as containerd writes them (vector itself is not here)."""
    source = configuration(objects)["transforms"]["lines"]["source"]
    place, line = (re.compile(found) for found in re.findall(r"r'(.+)'\)", source))
    found = place.search("/var/log/pods/city_supportcarr-api-6d4f9c_0b1c-2d3e/api/0.log")
    assert found is not None
    assert found.groupdict() == {"namespace": "city", "pod": "supportcarr-api-6d4f9c", "container": "api"}
    for tag, rest in (("F", LINE), ("P", LINE[:20]), ("F", "")):
        read = line.match(f"2026-06-01T03:00:00.123456789Z stderr {tag} {rest}")
        assert read is not None
        assert read.groupdict() == {
            "time": "2026-06-01T03:00:00.123456789Z", "stream": "stderr", "tag": tag, "message": rest,
        }  # fmt: skip
    assert line.match("Starting up") is None


@pytest.mark.parametrize("sink", ["loki", "http"])
def test_every_step_leads_to_the_sink(sink: str) -> None:
    objects = rendered("staging", *ON, "--set", f"logs.sink={sink}", "--set", "logs.existingSecret=loki-key")
    config = configuration(objects)
    steps = config["transforms"] | config["sinks"]
    known = {*config["sources"], *config["transforms"]}
    for name, step in steps.items():
        assert set(step["inputs"]) <= known, name
    [(name, to)] = config["sinks"].items()
    assert (name, to.get("endpoint") or to["uri"]) == (sink, "https://logs.example")
    assert to["auth"] == {"strategy": "basic", "user": "${LOGS_USER}", "password": "${LOGS_PASSWORD}"}
    [container] = named(objects, "DaemonSet")["spec"]["template"]["spec"]["containers"]
    taken = {
        each["name"]: each["valueFrom"]["secretKeyRef"]["name"]
        for each in container["env"]
        if "valueFrom" in each
    }
    assert taken == {"LOGS_USER": "loki-key", "LOGS_PASSWORD": "loki-key"}
    if sink == "loki":
        assert to["encoding"] == {"codec": "raw_message"}, "lines are sent as they were written"
        assert set(to["labels"]) == {"app", "namespace", "container", "level"}, "few streams"


def test_it_may_read_and_send_and_nothing_else(objects: list[Object]) -> None:
    spec = named(objects, "DaemonSet")["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert not {"Role", "ClusterRole"} & {each["kind"] for each in objects}
    [container] = spec["containers"]
    security = container["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert container["resources"]["limits"]["memory"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    hosts = {name for name, each in volumes.items() if "hostPath" in each}
    assert hosts == {"pods"}
    assert volumes["pods"]["hostPath"]["path"] == "/var/log/pods"
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    assert mounts["pods"]["readOnly"] is mounts["config"]["readOnly"] is True
    policy = named(objects, "NetworkPolicy")["spec"]
    assert "ingress" not in policy
    [egress] = policy["egress"]
    assert egress["ports"] == [{"port": 443}]


def test_a_sink_inside_the_cluster_has_a_rule_of_its_own() -> None:
    peer = "logs.egress[0].to[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=monitoring"
    objects = rendered("staging", *ON, "--set", peer, "--set", "logs.egress[0].ports[0].port=3100")
    [egress] = named(objects, "NetworkPolicy")["spec"]["egress"]
    assert egress["ports"] == [{"port": 3100}]


def test_it_needs_somewhere_to_send_to() -> None:
    done = helm(
        *("template", CHART, "-f", CHART / "values-staging.yaml", "--kube-version", KUBERNETES),
        *("--set", "logs.enabled=true"),
    )
    assert done.returncode != 0
    assert "set logs.endpoint" in done.stderr
