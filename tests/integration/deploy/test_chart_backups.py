"""The chart's CronJobs that dump MongoDB, seal the dump and upload it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from support.deploy.chart import CHART, HELM, KUBERNETES, Object, helm, rendered
from supportcarr.bootstrap.settings import load_settings
from supportcarr.cli import main
from supportcarr.kit.sealing.sealed_stream import new_key_pair

pytestmark = pytest.mark.skipif(
    HELM is None, reason="helm is not built (scripts/setup chart, which needs Go)"
)

_, PUBLIC = new_key_pair()
KIND = ("-f", str(CHART.parent / "kind" / "staging.yaml"))


@pytest.fixture(scope="module", params=[(), KIND], ids=["staging", "kind"])
def objects(request: pytest.FixtureRequest) -> list[Object]:
    return rendered("staging", *request.param)


def jobs(objects: list[Object]) -> dict[str, Object]:
    return {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "CronJob"}


def pod(job: Object) -> Object:
    return dict(job["jobTemplate"]["spec"]["template"]["spec"])


def secret() -> dict[str, str]:
    """What make-secrets prints for the backups."""
    done = subprocess.run(
        [CHART.parent / "make-secrets", "--backup", f"SUPPORTCARR_BACKUP_PUBLIC_KEY={PUBLIC}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = yaml.safe_load(done.stdout)
    assert made["metadata"]["name"] == "supportcarr-backup"
    return dict(made["stringData"])


def named(objects: list[Object], kind: str, name: str) -> Object:
    [found] = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def test_one_job_at_a_time_with_an_end(objects: list[Object]) -> None:
    found = jobs(objects)
    assert set(found) == {"supportcarr-mongodb-backup", "supportcarr-mongodb-oplog"}
    for name, job in found.items():
        assert job["concurrencyPolicy"] == "Forbid", name
        assert job["timeZone"] == "Etc/UTC", name
        assert (job["successfulJobsHistoryLimit"], job["failedJobsHistoryLimit"]) == (3, 3), name
        run = job["jobTemplate"]["spec"]
        assert run["activeDeadlineSeconds"] > 0, name
        assert run["backoffLimit"] <= 3, name
        assert pod(job)["restartPolicy"] == "Never", name  # a container that is restarted finds a half dump
    # the oplogs of the day overlap, although some of their jobs fail
    oplog = found["supportcarr-mongodb-oplog"]
    assert oplog["schedule"] == "*/15 * * * *"
    [dump] = pod(oplog)["initContainers"]
    assert "--oplog-since" in dump["command"][-1]
    assert "- 7200)" in dump["command"][-1]


def test_the_script_is_that_of_the_repository(objects: list[Object]) -> None:
    script = named(objects, "ConfigMap", "supportcarr-mongodb-backup")["data"]["dump"]
    assert script.strip() == (CHART.parents[1] / "mongodb" / "dump").read_text().strip()


def test_the_command_has_the_settings_that_it_needs(objects: list[Object], tmp_path: Path) -> None:
    """The environment of the container that uploads, loaded by the platform's own code."""
    keys = secret()
    for name, job in jobs(objects).items():
        [container] = pod(job)["containers"]
        given = {
            each["name"]: each.get("value") or keys[each["valueFrom"]["secretKeyRef"]["key"]]
            for each in container["env"]
        }
        assert "envFrom" not in container, name  # it needs no other secret of the platform
        settings = load_settings(given | {"SUPPORTCARR_DATA": str(tmp_path)}, dotenv=None, keep_secrets=False)
        assert settings.backup.public_key == PUBLIC
        assert settings.backup_bucket.bucket
        assert settings.backup_bucket.secret_access_key
        assert container["args"] == ["backup", "--dump", "/backup/made"], name
        assert "--dump" in {option for each in main.commands["backup"].params for option in each.opts}
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounted == {"/backup", "/tmp"}, name


def test_only_the_backups_have_the_key_to_their_bucket(objects: list[Object]) -> None:
    for each in objects:
        if each["kind"] == "CronJob":
            continue
        assert "BACKUP_S3" not in yaml.safe_dump(each), each["metadata"]["name"]
        if each["metadata"]["name"].startswith("supportcarr-mongodb-setup"):
            continue
        assert "MONGODB_BACKUP_PASSWORD" not in yaml.safe_dump(each.get("spec")), each["metadata"]["name"]


def test_they_reach_mongodb_and_the_bucket_alone(objects: list[Object]) -> None:
    policy = named(objects, "NetworkPolicy", "supportcarr-mongodb-backup")["spec"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    assert "ingress" not in policy
    to_mongodb, to_bucket = policy["egress"]
    assert to_mongodb["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "mongodb"
    assert to_mongodb["ports"] == [{"port": 27017}]
    assert to_bucket["ports"] in ([{"port": 443}], [{"port": 7070}])
    [admitted] = named(objects, "NetworkPolicy", "supportcarr-mongodb")["spec"]["ingress"]
    [rule] = admitted["from"][0]["podSelector"]["matchExpressions"]
    assert "mongodb-backup" in rule["values"]


def test_the_secret_comes_from_the_external_store_or_is_there() -> None:
    external = named(rendered("staging"), "ExternalSecret", "supportcarr-backup")["spec"]
    assert external["dataFrom"] == [{"extract": {"key": "supportcarr/staging/backup"}}]
    assert external["target"] == {"name": "supportcarr-backup"}
    kind = rendered("staging", *KIND)
    assert not [each for each in kind if each["kind"] == "ExternalSecret"]


@pytest.mark.parametrize("environment", ["development", "production"])
def test_there_are_none_without_a_bucket_or_with_a_managed_mongodb(environment: str) -> None:
    objects = rendered(environment)
    assert jobs(objects) == {}
    assert "mongodb-backup" not in {each["metadata"]["name"].removeprefix("supportcarr-") for each in objects}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("mongodb.backup.bucket.name=", "set mongodb.backup.bucket.name, or mongodb.backup.enabled: false"),
        ("mongodb.backup.remoteKeys=null", "set mongodb.backup.remoteKeys or mongodb.backup.existingSecret"),
        (
            "secrets.externalSecret.enabled=false,secrets.existingSecret=x",
            "set mongodb.backup.existingSecret",
        ),
        ("mongodb.backup.schedule=daily", "mongodb/backup/schedule"),
        ("mongodb.backup.bucket.name=Not_A_Bucket", "mongodb/backup/bucket/name"),
    ],
)
def test_what_is_missing_is_named(change: str, sentence: str) -> None:
    done = helm(
        *("template", CHART, "-f", CHART / "values-staging.yaml", "--kube-version", KUBERNETES),
        *("--set", change),
    )
    assert done.returncode != 0
    assert sentence in done.stderr, done.stderr


def test_in_aws_the_provider_of_mongodb_makes_the_backups(tmp_path: Path) -> None:
    aws = ("-f", str(CHART.parents[1] / "aws" / "values.yaml"))
    made = rendered("production", *aws)
    assert jobs(made) == {}
    data = named(made, "ConfigMap", "supportcarr")["data"]
    given = {name: value for name, value in data.items() if name.startswith("SUPPORTCARR_BACKUP_")}
    settings = load_settings(given | {"SUPPORTCARR_DATA": str(tmp_path)}, dotenv=None)
    assert settings.backup.by_provider

    command = ("template", CHART, "-f", CHART / "values-production.yaml", *aws, "--kube-version", KUBERNETES)
    refused = helm(*command, "--set", "mongodb.enabled=true", "--skip-schema-validation")
    assert refused.returncode != 0
    assert "BACKUP_BY_PROVIDER is for a managed MongoDB" in refused.stderr
