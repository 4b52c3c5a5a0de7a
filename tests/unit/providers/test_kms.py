"""The keyset is encrypted with a key of KMS, as boto3 speaks to an emulator of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from supportcarr.bootstrap.key_commands import run_encrypt_keyset, run_rotate_keyset
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import keyset_of
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.kit.sealing.keyset import KeysetFile, key_ids, new_keyset
from supportcarr_lab.emulators.kms import KmsEmulator

FIRST = "arn:aws:kms:ca-central-1:111122223333:key/first"
SECOND = "arn:aws:kms:ca-central-1:111122223333:key/second"


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsEmulator]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-emulator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the emulator")
    with KmsEmulator() as running:
        running.add_key(FIRST)
        running.add_key(SECOND)
        yield running


def settings(folder: Path, kms: KmsEmulator, key: str = FIRST, **more: str) -> Settings:
    given = {"DATA": str(folder), "KEYSET_KMS_ENDPOINT": kms.url, "KEYSET_KMS_TIMEOUT_SECONDS": "60"} | more
    given |= {"KEYSET_KMS_KEY": f"aws-kms://{key}"} if key else {}
    return load_settings({f"SUPPORTCARR_{name}": value for name, value in given.items()}, dotenv=None)


def keyset_at(given: Settings) -> KeysetFile:
    keyset = keyset_of(given)
    assert isinstance(keyset, KeysetFile)
    return keyset


def test_the_file_is_encrypted_and_read_by_every_process(tmp_path: Path, kms: KmsEmulator) -> None:
    here = keyset_at(settings(tmp_path, kms))
    wrapped = here.wrap(b"a data key", "usr_1")
    stored = json.loads(here.path.read_text())
    assert set(stored) == {"encryptedKeyset", "keysetInfo"}
    there = keyset_at(settings(tmp_path, kms))
    assert there.unwrap(wrapped, "usr_1") == b"a data key"
    asked = len(kms.calls)
    assert [there.unwrap(wrapped, "usr_1") for _ in range(9)] == [b"a data key"] * 9
    assert there.reload() is False
    assert len(kms.calls) == asked, "KMS is asked when the file is read only"


def test_a_process_does_not_start_without_kms_and_says_why(tmp_path: Path, kms: KmsEmulator) -> None:
    given = settings(tmp_path, kms)
    keyset_at(given).wrap(b"a data key", "usr_1")
    kms.disabled.add(FIRST)
    with pytest.raises(SettingsError, match=r"with aws-kms://arn:\S+key/first: DisabledException"):
        keyset_of(given)
    kms.stop()
    with pytest.raises(SettingsError, match=r"KMS cannot be asked .*EndpointConnectionError"):
        keyset_of(given)


@pytest.mark.parametrize("outage", ["stopped", "throttled"])
def test_a_running_process_keeps_its_keys_while_kms_is_away(
    tmp_path: Path, kms: KmsEmulator, outage: str
) -> None:
    running, rotating = (keyset_at(settings(tmp_path, kms)) for _ in range(2))
    wrapped = running.wrap(b"a data key", "usr_1")
    rotating.reload()
    rotating.replace(_with_another_key(rotating))
    if outage == "stopped":
        kms.stop()
    else:
        kms.fails = "ThrottlingException"
    assert running.reload() is False
    asked = len(kms.calls)
    assert running.reload() is False and len(kms.calls) == asked, "it is not asked at every poll"
    assert running.unwrap(wrapped, "usr_1") == b"a data key"
    assert running.unwrap(running.wrap(b"another", "usr_2"), "usr_2") == b"another"
    kms.fails = None
    if outage == "stopped":
        kms.start()
    running._ask_again_at = 0.0
    assert running.reload() is True
    assert key_ids(running.json) == key_ids(rotating.json)


def _with_another_key(keyset: KeysetFile) -> str:
    from supportcarr.kit.sealing.keyset import with_new_key

    return with_new_key(keyset.json)


def test_a_plain_keyset_is_encrypted_moved_to_another_key_and_rotated(
    tmp_path: Path, kms: KmsEmulator
) -> None:
    path = tmp_path / "keyset.json"
    plain = keyset_at(settings(tmp_path, kms, key=""))
    wrapped = plain.wrap(b"a data key", "usr_1")
    first, second = settings(tmp_path, kms), settings(tmp_path, kms, SECOND)
    with pytest.raises(SettingsError, match="not encrypted, but SUPPORTCARR_KEYSET_KMS_KEY is set"):
        keyset_of(first)
    assert "key/first" in run_encrypt_keyset(first)
    with pytest.raises(SettingsError, match="is encrypted: set SUPPORTCARR_KEYSET_KMS_KEY"):
        keyset_of(settings(tmp_path, kms, key=""))
    with pytest.raises(SettingsError, match="IncorrectKeyException"):
        run_encrypt_keyset(second)
    run_encrypt_keyset(second, before=f"aws-kms://{FIRST}")
    kms.disabled.add(FIRST)
    assert keyset_at(second).unwrap(wrapped, "usr_1") == b"a data key"
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    run_rotate_keyset(second, add_only=True, forget=False)
    assert len(key_ids(keyset_at(second).json)) == 2
    assert "encryptedKeyset" in path.read_text()


def test_a_keyset_in_a_setting_may_be_encrypted_too(tmp_path: Path, kms: KmsEmulator) -> None:
    given = settings(tmp_path, kms)
    keyset_at(given).wrap(b"a data key", "usr_1")
    sealed = (tmp_path / "keyset.json").read_text()
    elsewhere = keyset_of(settings(tmp_path / "other", kms, KEYSET_JSON=sealed))
    assert elsewhere.primary_id == keyset_at(given).primary_id
    with pytest.raises(SettingsError, match="not encrypted"):
        keyset_of(settings(tmp_path / "other", kms, KEYSET_JSON=new_keyset()))


@pytest.mark.parametrize("key", ["first", "arn:aws:s3:::bucket", "arn:aws:kms:ca-central-1:1:key/x"])
def test_a_key_that_is_none_is_refused_by_name(tmp_path: Path, kms: KmsEmulator, key: str) -> None:
    with pytest.raises(SettingsError, match="SUPPORTCARR_KEYSET_KMS_KEY"):
        settings(tmp_path, kms, key)


def test_the_emulator_speaks_as_boto3_expects(kms: KmsEmulator) -> None:
    client: Any = boto3.session.Session(region_name="ca-central-1").client("kms", endpoint_url=kms.url)
    made = client.generate_data_key(KeyId=FIRST, KeySpec="AES_256", EncryptionContext={"for": "a test"})
    opened = client.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"for": "a test"})
    assert (len(made["Plaintext"]), opened["Plaintext"], opened["KeyId"]) == (32, made["Plaintext"], FIRST)
    with pytest.raises(client.exceptions.InvalidCiphertextException):
        client.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"for": "another"})
    with pytest.raises(client.exceptions.NotFoundException):
        client.encrypt(KeyId=SECOND + "x", Plaintext=b"x")
