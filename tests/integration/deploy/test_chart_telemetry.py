"""The processes of a cluster reach the collector of their traces and Sentry, and only if values say so."""

from __future__ import annotations

import json

import pytest

from support.deploy.chart import HELM, Object, rendered

pytestmark = pytest.mark.skipif(
    HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"
)
COLLECTOR = {
    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
    "ports": [{"port": 4318}],
}
TELEMETRY = (
    *("--set-json", f"networkPolicies.telemetry={json.dumps([COLLECTOR])}"),
    *("--set", "settings.TRACING_ENDPOINT=http://tempo.monitoring:4318/v1/traces"),
    *("--set", "settings.SENTRY_DSN=https://key@sentry.example/1"),
)


def egress(objects: list[Object], role: str) -> list[Object]:
    [policy] = [
        found
        for found in objects
        if found["kind"] == "NetworkPolicy" and found["metadata"]["name"].endswith(f"supportcarr-{role}")
    ]
    rules: list[Object] = policy["spec"]["egress"]
    return rules


def external(rules: list[Object]) -> list[Object]:
    return [rule for rule in rules if rule["ports"] == [{"port": 443}]]


def test_every_process_reaches_the_collector_and_sentry_if_they_are_set() -> None:
    told, plain = rendered("production", *TELEMETRY), rendered("production")
    for role in ("api", "realtime", "worker"):
        assert COLLECTOR in egress(told, role)
        assert COLLECTOR not in egress(plain, role)
        assert external(egress(told, role))
    assert not external(egress(plain, "realtime"))


def test_the_settings_reach_the_processes() -> None:
    told = rendered("production", *TELEMETRY)
    given = {name: value for one in told if one["kind"] == "ConfigMap" for name, value in one["data"].items()}
    assert given["SUPPORTCARR_TRACING_ENDPOINT"] == "http://tempo.monitoring:4318/v1/traces"
    assert given["SUPPORTCARR_SENTRY_DSN"] == "https://key@sentry.example/1"
