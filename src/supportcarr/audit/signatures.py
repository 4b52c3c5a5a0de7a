"""Signatures of the chain's heads: HMAC-SHA256 with a secret that only serves for this."""

from __future__ import annotations

import hmac
from datetime import datetime

from msgspec.structs import replace

from supportcarr.audit.model import Anchor, AuditHead, anchor_text, head_text
from supportcarr.kit.runtime.crypto import keyed_hash


class HeadSigner:
    """Signs heads and anchors, and checks signatures."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def signed(self, head: AuditHead) -> AuditHead:
        """The head with its signature."""
        return replace(head, signature=self._signature("audit head", head_text(head)))

    def is_signed(self, head: AuditHead) -> bool:
        return hmac.compare_digest(head.signature, self._signature("audit head", head_text(head)))

    def anchor(self, place: int, hash: str, at: datetime) -> Anchor:
        """The signed anchor of the record at that place."""
        return Anchor(place, hash, at, self._signature("audit anchor", anchor_text(place, hash, at)))

    def is_anchor(self, anchor: Anchor) -> bool:
        expected = self._signature("audit anchor", anchor_text(anchor.place, anchor.hash, anchor.at))
        return hmac.compare_digest(anchor.signature, expected)

    def _signature(self, purpose: str, text: str) -> str:
        return keyed_hash(self._secret, purpose, text)
