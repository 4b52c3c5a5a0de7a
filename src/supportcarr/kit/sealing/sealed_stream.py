"""A file that anybody with the public key can write, and only who has the private key can read.

A key of its own encrypts each file (Tink's streaming AEAD, in pieces of 1 MB, so it may be of any size); that
key is encrypted with the public key (HPKE) and stands in the file's head.  A change, a piece that is missing
and an end that is cut off are noticed while the file is read.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import tink
from tink import hybrid, json_proto_keyset_format, secret_key_access, streaming_aead

hybrid.register()
streaming_aead.register()

MAGIC = b"SUPPORTCARR-SEALED-1\n"
_CONTEXT = b"supportcarr backup key"  # what else the key pair encrypts is no key of a backup
_HEAD_BYTES = 4096


class SealedFileError(Exception):
    """The file cannot be read with this key, or is damaged; the message is a sentence."""


class KeyPairError(Exception):
    """A key is not one of ``new_key_pair``; the message is a sentence."""


def new_key_pair() -> tuple[str, str]:
    """A new private key, and the public key that belongs to it: JSON of Tink keysets on one line each."""
    private = tink.new_keyset_handle(
        hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM
    )
    return (
        _line(json_proto_keyset_format.serialize(private, secret_key_access.TOKEN)),
        _line(json_proto_keyset_format.serialize_without_secret(private.public_keyset_handle())),
    )


def _line(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"))


def check_public_key(text: str) -> None:
    """Raise ``KeyPairError`` if *text* is no public key."""
    _encrypting(text)


def _encrypting(public_key: str) -> Any:
    try:
        return json_proto_keyset_format.parse_without_secret(public_key).primitive(hybrid.HybridEncrypt)
    except (tink.TinkError, ValueError):
        raise KeyPairError("It is no public key of a backup (`supportcarr keys new-backup-pair`).") from None


def _decrypting(private_key: str) -> Any:
    try:
        return json_proto_keyset_format.parse(private_key, secret_key_access.TOKEN).primitive(
            hybrid.HybridDecrypt
        )
    except (tink.TinkError, ValueError):
        raise KeyPairError("It is no private key of a backup (`supportcarr keys new-backup-pair`).") from None


@contextmanager
def sealing(target: BinaryIO, public_key: str) -> Iterator[BinaryIO]:
    """A stream whose bytes are encrypted into *target*, which stays open.

    Raises ``KeyPairError``; ``OSError`` if *target* cannot be written, also at the end.
    """
    encrypt = _encrypting(public_key)
    handle = tink.new_keyset_handle(streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB)
    key = json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN).encode()
    head = MAGIC + base64.b64encode(encrypt.encrypt(key, _CONTEXT)) + b"\n"
    target.write(head)
    primitive = handle.primitive(streaming_aead.StreamingAead)
    kept = _KeptOpen(target)
    try:
        with primitive.new_encrypting_stream(kept, head) as stream:
            yield stream
    except tink.TinkError:
        if kept.failure is not None:  # Tink tells of it as text
            raise kept.failure from None
        raise


@contextmanager
def unsealing(source: BinaryIO, private_key: str) -> Iterator[BinaryIO]:
    """What was written with ``sealing``, decrypted.  Raises ``KeyPairError``; ``SealedFileError``, also from
    reading."""
    decrypt = _decrypting(private_key)
    if source.read(len(MAGIC)) != MAGIC:
        raise SealedFileError("It is no sealed backup.")
    wrapped = source.readline(_HEAD_BYTES)
    try:
        key = decrypt.decrypt(base64.b64decode(wrapped), _CONTEXT).decode()
        handle = json_proto_keyset_format.parse(key, secret_key_access.TOKEN)
    except (tink.TinkError, ValueError):
        raise SealedFileError("It was not sealed for this key, or its head is damaged.") from None
    primitive = handle.primitive(streaming_aead.StreamingAead)
    with primitive.new_decrypting_stream(_KeptOpen(source), MAGIC + wrapped) as stream:
        yield io.BufferedReader(_Checked(stream), 1 << 16)


class _KeptOpen(io.RawIOBase):
    """A file for Tink, which closes what it is given."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failure: OSError | None = None  # of the last write

    def readable(self) -> bool:
        return self._file.readable()

    def writable(self) -> bool:
        return self._file.writable()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.failure = error
            raise


class _Checked(io.RawIOBase):
    """Tink's decrypting stream, whose errors are ours."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except Exception as error:  # Tink's, its C++ library's, and what it makes of an end that is cut off
            raise SealedFileError("It is damaged, or its end is missing.") from error
        buffer[: len(data)] = data
        return len(data)
