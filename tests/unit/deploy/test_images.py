"""Dockerfiles and the compose file: what the images may hold, and where other images come from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from supportcarr.bootstrap.settings import load_settings
from supportcarr.bootstrap.web_apps import APPS

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "deploy" / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
STORES = ("mongodb", "redis")
FILES = sorted(DOCKER.glob("*.Dockerfile"))
# Official images and those of the makers, which anybody may pull. Bitnami and MinIO no longer publish theirs.
PULLABLE = re.compile(
    r"(mongo|redis|nginx|python|node|prom/prometheus|prom/alertmanager|grafana/grafana|grafana/loki|grafana/tempo|timberio/vector|versity/versitygw):\S+"
)


def instructions(path: Path) -> list[list[str]]:
    """The instructions of each stage."""
    text = re.sub(r"\\\n", " ", path.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    stages: list[list[str]] = []
    for line in lines:
        if line.startswith("FROM "):
            stages.append([])
        assert stages, f"{path.name}: {line} stands before the first FROM"
        stages[-1].append(line)
    return stages


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_last_stage_runs_as_an_ordinary_user_and_builds_nothing(path: Path) -> None:
    *_, last = instructions(path)
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert users, "without a USER it runs as root"
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]), "Kubernetes verifies numbers only"
    text = "\n".join(last)
    for tool in ("pip install", "npm", "apk add", "gcc", "curl "):
        assert tool not in text, tool
    assert set(re.findall(r"apt-get (\S+)", text)) <= {"update", "upgrade"}, "it installs packages"
    assert "HEALTHCHECK" in text
    if "python" in last[0]:
        assert "pip uninstall --yes" in text
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_packages_are_verified_by_their_hashes(path: Path) -> None:
    for line in (line for stage in instructions(path) for line in stage):
        for command in re.findall(r"pip (?:--python \S+ )?install[^&]*", line):
            assert "--require-hashes" in command or "--no-deps" in command, command
        assert "npm install" not in line
        for command in re.findall(r"npm ci[^&]*", line):
            assert "--ignore-scripts" in command


def test_base_images_are_pinned_by_tag_and_can_be_pulled() -> None:
    for path in FILES:
        for stage in instructions(path):
            assert PULLABLE.fullmatch(stage[0].split()[1]), stage[0]
            assert not stage[0].endswith(":latest")
    for name, service in COMPOSE["services"].items():
        image = service["image"]
        assert PULLABLE.fullmatch(image) or image == "supportcarr-development:local", name
        assert not image.endswith(":latest")


def test_the_registries_are_asked_for_every_image_of_others() -> None:
    asked = subprocess.run(
        [ROOT / "scripts" / "image-tags", "--list"], capture_output=True, text=True, check=True
    ).stdout.split()
    named = {stage[0].split()[1] for path in FILES for stage in instructions(path)}
    named |= {service["image"] for service in COMPOSE["services"].values()}
    chart = yaml.safe_load((ROOT / "deploy" / "helm" / "supportcarr" / "values.yaml").read_text())
    named |= {f"{chart[store]['image']['repository']}:{chart[store]['image']['tag']}" for store in STORES}
    assert {image for image in named if not image.startswith("supportcarr")} <= set(asked)
    assert all(re.fullmatch(r"[a-z0-9./-]+:[a-z0-9.-]+", image) for image in asked)


def test_the_image_of_the_platform_has_nothing_of_the_lab() -> None:
    text = (DOCKER / "platform.Dockerfile").read_text()
    assert "COPY lab" not in text
    assert "requirements/product.txt" in text
    assert "runtime.txt" not in text
    packages = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "product.txt").read_text(), re.M))
    assert not packages & {"litestar", "smsutil", "hatchling", "pytest"}
    assert {"granian", "pymongo", "uvicorn"} <= packages


def test_only_what_is_built_from_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    for path in FILES:
        for line in (line for stage in instructions(path) for line in stage if line.startswith("COPY ")):
            if "--from=" not in line:
                for source in line.split()[1:-1]:
                    top = source.split("/")[0]
                    assert any(
                        f"!{allowed}" in patterns for allowed in (top, source, str(Path(source).parent))
                    )


def test_the_edge_has_every_app_but_the_gallery() -> None:
    folders = {path.parent.name for path in (ROOT / "web" / "apps").glob("*/index.html")}
    assert folders - {"gallery"} == set(APPS.values())
    assert "rm -rf apps/gallery" in (DOCKER / "edge.Dockerfile").read_text()


def test_the_edge_has_a_value_for_each_variable_of_its_template() -> None:
    template = (ROOT / "deploy" / "nginx" / "edge.conf.template").read_text()
    used = set(re.findall(r"\$\{(EDGE_[A-Z_]+)\}", template))
    given = set(re.findall(r"^ {4}(EDGE_[A-Z_]+)=", (DOCKER / "edge.Dockerfile").read_text(), re.MULTILINE))
    assert used == given


def test_compose_publishes_ports_on_this_machine_only() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_the_settings_of_compose_are_valid() -> None:
    environment = {name: str(value) for name, value in COMPOSE["services"]["city"]["environment"].items()}
    settings = load_settings(
        environment | {"SUPPORTCARR_DATA": "/nonexistent"}, dotenv=None, keep_secrets=False
    )
    assert settings.deployment.profile == "local"
    first = settings.servers.metrics_port
    processes = (
        settings.servers.worker_processes
        + settings.servers.realtime_processes
        + settings.servers.api_processes
    )
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yaml").read_text())
    targets = [
        target for config in scraped["scrape_configs"][0]["static_configs"] for target in config["targets"]
    ]
    assert targets == [f"city:{first + n}" for n in range(processes)]


def test_the_traces_of_compose_arrive_in_its_store_and_are_found_from_logs_and_panels() -> None:
    services = COMPOSE["services"]
    endpoint = urlsplit(services["city"]["environment"]["SUPPORTCARR_TRACING_ENDPOINT"])
    store = yaml.safe_load((ROOT / "deploy" / "tempo" / "tempo.yaml").read_text())
    listens = store["distributor"]["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert (endpoint.hostname, endpoint.path) == ("tempo", "/v1/traces")
    assert listens == f"0.0.0.0:{endpoint.port}"
    folder = ROOT / "deploy" / "grafana" / "provisioning" / "datasources"
    sources = {one["uid"]: one for one in yaml.safe_load((folder / "stores.yaml").read_text())["datasources"]}
    assert sources["tempo"]["url"] == f"http://tempo:{store['server']['http_listen_port']}"
    [field] = sources["loki"]["jsonData"]["derivedFields"]
    line = '{"event":"request","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}'
    assert re.findall(field["matcherRegex"], line) == ["4bf92f3577b34da6a3ce929d0e0e4736"]
    [exemplars] = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert field["datasourceUid"] == exemplars["datasourceUid"] == "tempo"
    assert "--enable-feature=exemplar-storage" in services["prometheus"]["command"]


def test_compose_has_what_the_platform_meets_in_production() -> None:
    services = COMPOSE["services"]
    assert {
        "city",
        "mongodb",
        "redis",
        "s3",
        "prometheus",
        "alertmanager",
        "grafana",
        "loki",
        "tempo",
        "vector",
    } <= set(services)
    assert "--replSet" in services["mongodb"]["command"]
    mounted = [volume.split(":")[0] for each in services.values() for volume in each.get("volumes", [])]
    for source in mounted:
        if source.startswith("./"):
            assert (ROOT / "deploy" / source).exists(), source
        else:
            assert source in COMPOSE["volumes"], source
