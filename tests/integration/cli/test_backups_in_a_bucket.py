"""Sealed backups in a real S3-compatible server, and MongoDB's oplogs up to a moment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from secrets import token_hex

import pytest

from support.files import versitygw
from support.processes.command_line import run_in_process
from supportcarr.kit.sealing.sealed_stream import new_key_pair
from supportcarr.providers.settings import S3Settings

pytestmark = pytest.mark.xdist_group("versitygw")

PRIVATE, PUBLIC = new_key_pair()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Settings]:
    with versitygw.running(tmp_path_factory.mktemp("versitygw"), object_lock=True) as settings:
        yield settings


@pytest.fixture
def settings(server: S3Settings, tmp_path: Path) -> dict[str, str]:
    """Settings of a machine with a bucket of its own, which locks what is in it, as that of deploy/aws."""
    (tmp_path / "private.json").write_text(PRIVATE)
    name = f"backups-{token_hex(8)}"
    client = versitygw.admin(server)
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    return {
        "BACKUP_FOLDER": "backups",
        "BACKUP_PUBLIC_KEY": PUBLIC,
        "BACKUP_S3_BUCKET": name,
        "BACKUP_S3_REGION": server.region,
        "BACKUP_S3_ENDPOINT": server.endpoint,
        "BACKUP_S3_ACCESS_KEY_ID": server.access_key_id,
        "BACKUP_S3_SECRET_ACCESS_KEY": server.secret_access_key,
        "BACKUP_S3_PATH_STYLE": "true",
        "AUTH_BCRYPT_COST": "4",
    }


def run(folder: Path, settings: Mapping[str, str], *arguments: str) -> str:
    done = run_in_process(folder, *arguments, **settings)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def refused(folder: Path, settings: Mapping[str, str], *arguments: str) -> str:
    done = run_in_process(folder, *arguments, **settings)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    return done.stderr


def test_a_machine_is_lost_and_comes_back_from_the_bucket(tmp_path: Path, settings: dict[str, str]) -> None:
    run(tmp_path, settings, "seed")
    kept = (tmp_path / ".data" / "keyset.json").read_bytes()
    secrets = (tmp_path / ".data" / "secrets.env").read_bytes()
    said = run(tmp_path, settings, "backup")
    assert f"It is in the bucket {settings['BACKUP_S3_BUCKET']}." in said
    [backup] = (tmp_path / "backups").glob("*.backup")
    assert run(tmp_path, settings, "backups") == f"{backup.name} {backup.stat().st_size}\n"
    shutil.rmtree(tmp_path / ".data")
    shutil.rmtree(tmp_path / "backups")

    said = run(tmp_path, settings, "restore", "s3:latest", "--key", "private.json", "--verify")
    assert "It can be restored." in said
    said = run(tmp_path, settings, "restore", f"s3:{backup.name}", "--key", "private.json")
    assert "It is restored." in said
    assert not [*(tmp_path / ".data").glob(".fetched-*")]
    (tmp_path / ".data" / "keyset.json").write_bytes(kept)
    (tmp_path / ".data" / "secrets.env").write_bytes(secrets)
    (tmp_path / ".data" / "secrets.env").chmod(0o600)
    (tmp_path / ".data" / "keyset.json").chmod(0o600)
    assert run(tmp_path, settings, "check") == "No problems found.\n"


def test_a_large_backup_is_uploaded_in_parts(tmp_path: Path, settings: dict[str, str]) -> None:
    content = Random(1).randbytes(20 * 1024 * 1024)  # which cannot be compressed
    (tmp_path / "dump").write_bytes(content)
    run(tmp_path, settings, "backup", "--dump", "dump")
    run(tmp_path, settings, "restore", "s3:latest", "--key", "private.json", "--into", "unpacked")
    assert (tmp_path / "unpacked" / "dump").read_bytes() == content


def test_what_the_bucket_refuses_is_said_and_the_backup_stays(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    (tmp_path / "dump").write_bytes(b"a dump")
    wrong = settings | {"BACKUP_S3_SECRET_ACCESS_KEY": "another"}
    said = refused(tmp_path, wrong, "backup", "--dump", "dump")
    [kept] = (tmp_path / "backups").glob("*.backup")
    assert f"The backup is backups/{kept.name}. It is not in the bucket:" in said
    assert "SignatureDoesNotMatch" in said
    assert "another" not in said
    assert "SignatureDoesNotMatch" in refused(tmp_path, wrong, "backups")
    # in another folder: a backup has the name of its second
    nowhere = settings | {"BACKUP_S3_BUCKET": "not-there", "BACKUP_FOLDER": "others"}
    assert "NoSuchBucket" in refused(tmp_path, nowhere, "backups")
    assert "NoSuchBucket" in refused(tmp_path, nowhere, "backup", "--dump", "dump")
    for missing in ("s3:latest", "s3:supportcarr-20260601T030000Z.backup", "s3:../outside"):
        refused(tmp_path, settings, "restore", missing, "--key", "private.json")


def test_a_bucket_needs_a_key_of_its_own(tmp_path: Path, settings: dict[str, str]) -> None:
    del settings["BACKUP_S3_SECRET_ACCESS_KEY"]
    said = refused(tmp_path, settings, "backups")
    assert "SUPPORTCARR_BACKUP_S3_ACCESS_KEY_ID and SUPPORTCARR_BACKUP_S3_SECRET_ACCESS_KEY too" in said


def unix(at: datetime) -> str:
    return f"{int(at.timestamp())}\n"


def upload_dump(folder: Path, settings: dict[str, str], began: datetime) -> None:
    made = folder / "made"
    made.mkdir()
    (made / "dump.gz").write_bytes(b"the dump")
    (made / "began").write_text(unix(began))
    run(folder, settings, "backup", "--dump", "made")
    shutil.rmtree(made)


def upload_oplog(folder: Path, settings: dict[str, str], since: datetime, until: datetime) -> None:
    made = folder / "made"
    made.mkdir()
    (made / "oplog.bson").write_bytes(f"oplog since {since:%H:%M}".encode())
    (made / "since").write_text(unix(since))
    (made / "began").write_text(unix(until))
    run(folder, settings, "backup", "--dump", "made")
    shutil.rmtree(made)


def test_a_dump_of_mongodb_and_its_oplogs_lead_to_a_moment(tmp_path: Path, settings: dict[str, str]) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    upload_dump(tmp_path, settings, began)
    minutes = [began + timedelta(minutes=15 * n) for n in range(5)]
    for since, until in ((-1, 1), (0, 2), (1, 3)):  # each overlaps the one before
        upload_oplog(tmp_path, settings, began + timedelta(minutes=15 * since), minutes[until])
    assert len(run(tmp_path, settings, "backups").splitlines()) == 4
    moment = minutes[2] + timedelta(minutes=7)
    given = ("restore", "s3:latest", "--key", "private.json", "--into", "unpacked")
    said = run(tmp_path, settings, *given, "--until", f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    assert "with 2 oplogs" in said
    assert (
        "deploy/mongodb/restore --uri URI --archive unpacked/dump --oplog unpacked/oplog-0001.bson "
        f"--oplog unpacked/oplog-0002.bson --until {unix(moment)}" in said
    )
    assert (tmp_path / "unpacked" / "dump").read_bytes() == b"the dump"
    oplogs = [(tmp_path / "unpacked" / f"oplog-{n:04}.bson").read_text() for n in (1, 2)]
    assert oplogs == [f"oplog since {minutes[0]:%H:%M}", f"oplog since {minutes[1]:%H:%M}"]
    # the same from a folder, to which the bucket was copied
    local = next((tmp_path / "backups").glob("*.backup"))
    given = ("restore", str(local), "--key", "private.json", "--into", "again")
    assert "with 2 oplogs" in run(tmp_path, settings, *given, "--until", f"{moment:%Y-%m-%dT%H:%M:%SZ}")

    for late, sentence in (
        (minutes[4], f"No oplog holds what follows {minutes[3]:%Y-%m-%d %H:%M:%S} UTC"),
        (began - timedelta(minutes=1), "No backup was made before that moment."),
    ):
        said = refused(
            tmp_path, settings, "restore", "s3:latest", "--key", "private.json", "--into", "late",
            "--until", f"{late:%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip
        assert sentence in said
        assert not (tmp_path / "late").exists()


def test_an_oplog_under_another_name_is_refused(tmp_path: Path, settings: dict[str, str]) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    upload_dump(tmp_path, settings, began)
    upload_oplog(tmp_path, settings, began, began + timedelta(minutes=30))
    folder = tmp_path / "backups"
    [oplog] = folder.glob("*.oplog")
    [dump] = folder.glob("*.backup")
    later = began + timedelta(hours=1)
    oplog.rename(folder / f"supportcarr-{began:%Y%m%dT%H%M%SZ}-{later:%Y%m%dT%H%M%SZ}.oplog")
    given = ("restore", str(dump), "--key", "private.json", "--into", "unpacked")
    said = refused(
        tmp_path, settings, *given, "--until", f"{began + timedelta(minutes=40):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert "does not hold what its name says" in said
    assert not (tmp_path / "unpacked").exists()
