"""The chart's values: the schema admits those of each environment, and refuses what must not happen."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
import yaml

from support.deploy.chart import CHART, ENVIRONMENTS, Object, merged, schema, values
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.runtime.settings import PREFIX, declared, is_secret

VALIDATOR = jsonschema_rs.validator_for(schema())
SETTINGS = {name.removeprefix(PREFIX): meta for _, _, name, meta in declared(Settings)}


def complaints(given: Object) -> list[str]:
    return [f"{list(error.instance_path)}: {error.message}" for error in VALIDATOR.iter_errors(given)]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_values_of_each_environment_are_valid(environment: str) -> None:
    assert complaints(values(environment)) == []
    assert values(environment)["environment"] == environment


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize(
    "change",
    [
        {"image": {"repository": "ghcr.io/supportcarr/supportcarr-development"}},
        {"edge": {"image": {"repository": "supportcarr-development"}}},
        {"development": {"emulators": True}},
        {"development": {"image": {"repository": "supportcarr-development"}}},
        {"tls": {"internal": {"mode": "none"}}},
        {"networkPolicies": {"enabled": False}},
        {"spreadOverZones": False},
        {"settings": {"STRIPE_API_KEY": "in plain sight"}},
        {"settings": {"PROFILE": "local"}},
        {"replicaCount": 3},
        {"api": {"autoscalling": {}}},
        {"api": {"resources": {"limits": {"memory": "1Gi"}, "request": {}}}},
        {"publicHost": "https://supportcarr.example"},
        {"podNetworks": []},
        {"mongodb": {"replicas": 2}},
    ],
    ids=str,
)
def test_what_must_not_happen_is_refused(environment: str, change: Object) -> None:
    assert complaints(merged(values(environment), change))


def test_development_may_use_the_development_image() -> None:
    given = values("development")
    assert given["development"]["emulators"]
    assert "development" in given["development"]["image"]["repository"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_settings_exist_and_are_no_secrets(environment: str) -> None:
    for name in values(environment)["settings"]:
        assert name in SETTINGS, name
        assert not is_secret(SETTINGS[name]), name


def test_every_secret_setting_is_refused_among_the_settings() -> None:
    for name, meta in SETTINGS.items():
        if is_secret(meta):
            assert complaints(merged(values("production"), {"settings": {name: "x"}})), name


def test_the_defaults_are_those_that_the_platform_needs() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    replicas = {role: defaults[role]["replicas"] for role in ("api", "realtime", "worker")}
    assert replicas == {"api": 3, "realtime": 2, "worker": 2}
    assert defaults["environment"] == "production"


def test_every_value_is_in_the_schema_and_used_by_a_template() -> None:
    templates = "\n".join(path.read_text() for path in (CHART / "templates").rglob("*") if path.is_file())

    def walk(part: Any, described: Object) -> None:
        for key, value in part.items():
            assert key in described["properties"], key
            inner = described["properties"][key]
            if isinstance(value, dict) and "properties" in inner:
                walk(value, inner)

    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    walk(defaults, schema())
    for key in defaults:
        assert re.search(rf"(Values\.{key}\b|\"{key}\")", templates), key
