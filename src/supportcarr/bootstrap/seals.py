"""Sealing with data keys of people, for the parts that store sealed text of their own."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from supportcarr.kit.runtime.crypto import keyed_digest


class PersonalSeals:
    """``audit.ports.PersonalSeal`` and ``privacy.ports.DataKeys``."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    async def seal(self, person_id: str, purpose: str, data: bytes) -> str:
        nonce = os.urandom(12)
        sealed = self._cipher(person_id).encrypt(nonce, data, purpose.encode())
        return base64.b64encode(nonce + sealed).decode()

    async def open(self, person_id: str, purpose: str, sealed: str) -> bytes | None:
        raw = base64.b64decode(sealed)
        try:
            return self._cipher(person_id).decrypt(raw[:12], raw[12:], purpose.encode())
        except InvalidTag:
            return None

    async def destroy(self, person_id: str) -> None:
        return

    def _cipher(self, person_id: str) -> AESGCM:
        return AESGCM(keyed_digest(self._secret, "data key", person_id))
