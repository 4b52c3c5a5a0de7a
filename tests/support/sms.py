"""The codes of accounts, as their owners would read them in a text message."""

from __future__ import annotations

from supportcarr.auth.codes import Purpose, digits_of, id_of
from supportcarr.auth.collections import SMS_CODES
from supportcarr.kit.runtime.crypto import keyed_digest
from supportcarr.kit.store.port import Store


async def code_of(store: Store, lookup_secret: str, holder: str, purpose: Purpose = "phone") -> str:
    """The code that was requested last for that user id, or that keyed hash of a phone number."""
    code = await store.collection(SMS_CODES).get(id_of(purpose, holder))
    assert code is not None, f"no code was requested for {holder}"
    return digits_of(keyed_digest(lookup_secret, "sms code", code.id, code.request))


def another_code(code: str) -> str:
    """A wrong code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
