"""The keyset that wraps data keys: a Tink keyset in a private file, or in a setting.

Tink for Python reads keysets and generates keys, but cannot add, promote or remove a key: that is done here,
on the keyset's JSON, and the file is replaced in one step.  Each key has an id, which a wrapped data key
names.  The primary key wraps; all of them unwrap.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any, Protocol

import structlog
import tink
from tink import aead, json_proto_keyset_format, secret_key_access

from supportcarr.kit.runtime.private_files import restrict

aead.register()

log = structlog.get_logger(__name__)

_KEYSET_CONTEXT = b"supportcarr keyset"  # what else a key service encrypts is no keyset of ours
_RETRY_SECONDS = 30.0  # after the key service could not be asked
_PREFIX_BYTES = 5  # of a Tink ciphertext: 0x01, and the key's id in four bytes


class KeysetError(Exception):
    """The keyset is missing, cannot be read, or lacks a key; the message is a sentence for the operator."""


class KeyServiceUnavailable(KeysetError):
    """The service that encrypts the keyset cannot be asked now."""


class KeysetSeal(Protocol):
    """Encrypts a keyset where it is kept.  Implemented by ``providers.kms.KmsSeal``."""

    def seal(self, keyset: str) -> str:
        """The JSON of a Tink keyset, encrypted.  Raises ``KeysetError``."""

    def open(self, sealed: str) -> str:
        """The keyset that ``seal`` encrypted.  Raises ``KeysetError``."""


class KeyWrapper(Protocol):
    """Wraps data keys.  Implemented by ``Keyset``."""

    @property
    def primary_id(self) -> int:
        """The id of the key that wraps."""

    def wrap(self, data_key: bytes, person_id: str) -> bytes:
        """The data key, encrypted for that person's entry alone."""

    def unwrap(self, wrapped: bytes, person_id: str) -> bytes:
        """The data key.  Raises ``KeysetError``."""

    @property
    def ready(self) -> bool:
        """False while there is no keyset yet: the first ``wrap`` makes one."""

    def reload(self) -> bool:
        """Read the keyset again if it may have changed; True if it did."""


def key_id_of(wrapped: bytes) -> int:
    """The id of the key that wrapped a data key."""
    return int.from_bytes(wrapped[1:_PREFIX_BYTES])


# --- the keyset's JSON -----------------------------------------------------------------------------


def new_keyset() -> str:
    """The JSON of a keyset with one new AES-256-GCM key."""
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    text: str = json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    return text


def key_ids(keyset: str) -> list[int]:
    """The ids of the keys, in the order in which they were added."""
    return [int(key["keyId"]) for key in _parsed(keyset)["key"]]


def primary_of(keyset: str) -> int:
    return int(_parsed(keyset)["primaryKeyId"])


def with_new_key(keyset: str) -> str:
    """The keyset with one more key, which does not wrap yet."""
    parsed = _parsed(keyset)
    taken = set(key_ids(keyset))
    while True:
        (added,) = _parsed(new_keyset())["key"]
        if int(added["keyId"]) not in taken:
            break
    parsed["key"].append(added)
    return _text(parsed)


def promoted(keyset: str, key_id: int) -> str:
    """The keyset in which that key wraps.  Raises ``KeysetError``."""
    if key_id not in key_ids(keyset):
        raise KeysetError(f"The keyset has no key {key_id}.")
    return _text(_parsed(keyset) | {"primaryKeyId": key_id})


def without_key(keyset: str, key_id: int) -> str:
    """The keyset without that key.  Raises ``KeysetError`` for the primary one."""
    parsed = _parsed(keyset)
    if key_id == int(parsed["primaryKeyId"]):
        raise KeysetError(f"Key {key_id} is the one that wraps; promote another first.")
    parsed["key"] = [key for key in parsed["key"] if int(key["keyId"]) != key_id]
    return _text(parsed)


def _parsed(keyset: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = json.loads(keyset)
        if "encryptedKeyset" in parsed:
            raise KeysetError(
                "The keyset is encrypted: set SUPPORTCARR_KEYSET_KMS_KEY to the key that encrypts it."
            )
        if not parsed["key"] or "primaryKeyId" not in parsed:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise KeysetError("The keyset is not the JSON of a Tink keyset.") from None
    return parsed


def _text(parsed: dict[str, Any]) -> str:
    text = json.dumps(parsed, indent=2)
    _primitive(text)  # what Tink cannot read is not written
    return text


def sealed_with(key: aead.Aead, keyset: str) -> str:
    """The JSON of a keyset that is encrypted with that key.  Raises ``tink.TinkError``."""
    handle = json_proto_keyset_format.parse(keyset, secret_key_access.TOKEN)
    text: str = json_proto_keyset_format.serialize_encrypted(handle, key, _KEYSET_CONTEXT)
    return text


def opened_with(key: aead.Aead, sealed: str) -> str:
    """The JSON of the keyset.  Raises ``KeysetError`` if it is not encrypted; ``tink.TinkError``."""
    try:
        if "encryptedKeyset" not in json.loads(sealed):
            raise KeysetError(
                "The keyset is not encrypted, but SUPPORTCARR_KEYSET_KMS_KEY is set: run "
                "supportcarr keys encrypt-keyset."
            )
    except (ValueError, TypeError):
        raise KeysetError("The keyset is not the JSON of a Tink keyset.") from None
    handle = json_proto_keyset_format.parse_encrypted(sealed, key, _KEYSET_CONTEXT)
    text: str = json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    return text


def _primitive(keyset: str) -> aead.Aead:
    _parsed(keyset)
    try:
        handle = json_proto_keyset_format.parse(keyset, secret_key_access.TOKEN)
        primitive: aead.Aead = handle.primitive(aead.Aead)
    except (tink.TinkError, ValueError) as error:
        raise KeysetError(f"The keyset cannot be used: {error}.") from None
    return primitive


# --- keysets in use --------------------------------------------------------------------------------


class Keyset:
    """Implements ``KeyWrapper``: a keyset given as JSON, which *seal* has encrypted if there is one."""

    def __init__(self, keyset: str, seal: KeysetSeal | None = None) -> None:
        """Raises ``KeysetError``."""
        self._seal = seal
        self._use(seal.open(keyset) if seal else keyset)

    @property
    def ready(self) -> bool:
        return True

    def _use(self, keyset: str) -> None:
        self.json, self._primitive, self._primary_id = keyset, _primitive(keyset), primary_of(keyset)

    @property
    def primary_id(self) -> int:
        return self._primary_id

    def wrap(self, data_key: bytes, person_id: str) -> bytes:
        wrapped: bytes = self._primitive.encrypt(data_key, _context(person_id))
        return wrapped

    def unwrap(self, wrapped: bytes, person_id: str) -> bytes:
        try:
            data_key: bytes = self._primitive.decrypt(wrapped, _context(person_id))
        except tink.TinkError:
            raise KeysetError(
                f"The data key of {person_id} was wrapped by key {key_id_of(wrapped)}, "
                "which this keyset lacks."
            ) from None
        return data_key

    def reload(self) -> bool:
        return False


class KeysetFile(Keyset):
    """Implements ``KeyWrapper``: a keyset in a private file, which is read again when it has changed.

    The file is made when the first data key is wrapped.  With a *seal* it is encrypted, and the service that
    decrypts it is asked when the file is read: at the start, and after a rotation.  If it cannot be asked
    after a rotation, the keys of before go on, and it is asked again later.
    """

    def __init__(self, path: Path, seal: KeysetSeal | None = None) -> None:
        """Raises ``KeysetError`` if the file is no keyset, or cannot be decrypted."""
        self.path, self._seal = path, seal
        self._stamp: tuple[int, int] | None = None
        self._ask_again_at = 0.0  # monotonic
        self.reload()

    @property
    def ready(self) -> bool:
        return self._stamp is not None or self.reload()

    @property
    def primary_id(self) -> int:
        self._require()
        return super().primary_id

    def wrap(self, data_key: bytes, person_id: str) -> bytes:
        if not self.ready:
            _write(self.path, self._kept_form(new_keyset()), replace=False)
            self._load()
        return super().wrap(data_key, person_id)

    def unwrap(self, wrapped: bytes, person_id: str) -> bytes:
        self._require()
        return super().unwrap(wrapped, person_id)

    def _require(self) -> None:
        if not self.ready:
            raise KeysetError(
                f"The keyset {self.path} is missing, and the store holds data that it protects: restore it."
            )

    def reload(self) -> bool:
        try:
            changed = self._stamp_of_file() != self._stamp
        except OSError:
            return False  # what was read before goes on
        if not changed or time.monotonic() < self._ask_again_at:
            return False
        try:
            self._load()
        except KeyServiceUnavailable as error:
            if self._stamp is None:
                raise
            self._ask_again_at = time.monotonic() + _RETRY_SECONDS
            log.warning("keyset_not_reloaded", error=str(error))
            return False
        return True

    def replace(self, keyset: str) -> None:
        """Write the changed keyset in one step, and use it.  Raises ``KeysetError`` before it writes."""
        _primitive(keyset)
        _write(self.path, self._kept_form(keyset))
        self._load()

    def _kept_form(self, keyset: str) -> str:
        return self._seal.seal(keyset) if self._seal else keyset

    def _load(self) -> None:
        try:
            stamp = self._stamp_of_file()
            text = self.path.read_text()
        except OSError as error:
            raise KeysetError(f"The keyset {self.path} cannot be read: {error.strerror}.") from None
        restrict(self.path)
        self._use(self._seal.open(text) if self._seal else text)
        self._stamp = stamp

    def _stamp_of_file(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_mtime_ns, status.st_ino


def write_keyset(path: Path, kept_form: str) -> None:
    """Replace the file in one step by what ``KeysetFile`` reads with the settings of now."""
    _write(path, kept_form)


def _write(path: Path, keyset: str, *, replace: bool = True) -> None:
    """Write beside the file and rename: a reader finds the old keyset or the new one, never a part.

    Without *replace* a file that another process has made meanwhile stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(keyset)
            out.flush()
            os.fsync(out.fileno())
        if replace:
            aside.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _context(person_id: str) -> bytes:
    return f"data key of {person_id}".encode()
