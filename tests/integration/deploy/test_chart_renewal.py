"""Certificates in a cluster end after 90 days: whatever shows one takes up the next without a restart."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from support.deploy.chart import HELM, ROOT, Object, rendered

pytestmark = pytest.mark.skipif(HELM is None, reason="helm is not built (scripts/setup chart)")
SHARDS = ("--set", "sharding.enabled=true", "--set", "sharding.shards={east/a:27017}")


@pytest.fixture(scope="module")
def staging() -> list[Object]:
    return rendered("staging", *SHARDS)


def container(objects: list[Object], kind: str, name: str) -> Any:
    [found] = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found["spec"]["template"]["spec"]["containers"][0]


def started(container: Any, folder: Path, *programs: str) -> list[str]:
    """What the container's command calls, one call a line, of *programs* that only say so."""
    calls = folder / "calls"
    for program in (*programs, "sleep"):
        script = folder / program
        # The pause ends at once, the first time; then it lasts.
        stop = f'[ ! -e "{folder}/slept" ] || exec /bin/sleep 60; touch "{folder}/slept"'
        script.write_text(
            f'#!/bin/sh\n{stop if program == "sleep" else ""}\necho "{program} $*" >> "{calls}"\n'
        )
        script.chmod(0o700)
    text = [each.replace("/tmp/", f"{folder}/") for each in container["command"]]
    process = subprocess.Popen(
        [*text, *container.get("args", ())],
        env={"PATH": f"{folder}:/usr/bin:/bin", "REDIS_PASSWORD": "of-redis"},
        start_new_session=True,
    )
    try:
        process.wait(30)
        end = time.monotonic() + 30
        while len(lines := calls.read_text().splitlines()) < 1 + len(programs):
            assert time.monotonic() < end, lines
            time.sleep(0.02)
        return lines
    finally:
        subprocess.run(["/bin/kill", "-KILL", "--", f"-{process.pid}"], check=False)


def test_mongodb_reads_it_again(staging: list[Object], tmp_path: Path) -> None:
    found = container(staging, "StatefulSet", "supportcarr-mongodb")
    lines = started(found, tmp_path, "mongod", "mongosh")
    [server] = [line for line in lines if line.startswith("mongod ")]
    assert server.endswith(" ".join(found["args"]))
    assert "mongosh --quiet --norc --nodb --file /setup/renew.js" in lines
    scripts = [each["data"] for each in staging if "renew.js" in each.get("data", {})]
    assert ["rotateCertificates: 1" in each["renew.js"] for each in scripts] == [True]
    mounted = {mount["name"]: mount["mountPath"] for mount in found["volumeMounts"]}
    assert mounted["setup"] == "/setup"


def test_redis_reads_it_again_and_shows_no_password(staging: list[Object], tmp_path: Path) -> None:
    lines = started(
        container(staging, "StatefulSet", "supportcarr-redis"), tmp_path, "redis-server", "redis-cli"
    )
    [asked] = [line for line in lines if line.startswith("redis-cli ")]
    assert asked.endswith("-h localhost CONFIG SET tls-cert-file /tls/tls.crt tls-key-file /tls/tls.key")
    assert not any("of-redis" in line for line in lines)


def test_without_tls_there_is_nothing_to_read() -> None:
    objects = rendered("development")
    assert container(objects, "StatefulSet", "supportcarr-mongodb")["command"] == ["mongod"]
    assert "redis-cli" not in str(container(objects, "StatefulSet", "supportcarr-redis")["command"])


def test_the_edge_has_the_script_that_does_it() -> None:
    image = (ROOT / "deploy" / "docker" / "edge.Dockerfile").read_text()
    script = "deploy/docker/renew-certificates.sh"
    assert f"COPY {script} /docker-entrypoint.d/50-renew-certificates.sh" in image
    assert (ROOT / script).stat().st_mode & 0o111, "the entry point runs only what may be executed"


def test_the_authority_keeps_its_key(staging: list[Object]) -> None:
    """Pods know its certificate from their start: what a new key signs they would not trust."""
    rotation = {
        each["metadata"]["name"]: each["spec"]["privateKey"]["rotationPolicy"]
        for each in staging
        if each["kind"] == "Certificate"
    }
    assert rotation.pop("supportcarr-authority") == "Never"
    assert set(rotation.values()) == {"Always"}


def test_every_job_has_an_end_and_shows_no_url_with_a_password(staging: list[Object]) -> None:
    jobs = [each for each in staging if each["kind"] == "Job"]
    assert len(jobs) == 3
    for job in jobs:
        assert job["spec"].get("activeDeadlineSeconds"), job["metadata"]["name"]
    [sharding] = [job for job in jobs if "sharding" in job["metadata"]["name"]]
    assert "$ROUTER" not in str(sharding["spec"]["template"]["spec"]["containers"][0]["command"])
