"""Seal one value: AES-256-GCM, bound to where the value is stored.

A sealed value is a random nonce of 12 bytes, the ciphertext, and a tag of 16 bytes.  Its associated data name
the collection, the field and the document: a value that was moved elsewhere, changed or cut off is refused.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_SHORTEST = _NONCE_BYTES + 16


class SealBroken(Exception):
    """A sealed value does not belong where it was found, or was changed."""


class Cipher:
    """Seals and opens values with one data key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, value: bytes, place: bytes) -> bytes:
        """The sealed value, for that place alone."""
        # Not from a buffer of random bytes: a forked process would repeat its nonces.
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, value, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """The value.  Raises ``SealBroken``."""
        if len(sealed) < _SHORTEST:
            raise SealBroken("a sealed value is cut off")
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
        except InvalidTag:
            raise SealBroken("a sealed value was changed, or belongs elsewhere") from None


def place_of(kind: str, collection: str, field: str, id: str) -> bytes:
    """The associated data of a value: *kind* is what holds it (a document, an event, a stream's event)."""
    return f"{kind}\0{collection}\0{field}\0{id}".encode("utf-8", "surrogatepass")
