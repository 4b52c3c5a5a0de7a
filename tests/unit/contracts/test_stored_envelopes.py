"""Events stored by an earlier version are still read: outboxes and job payloads outlive an upgrade."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import UserSignedUp

STORED = (
    b'{"id":"usr_1.1.0","collection":"users","document_id":"usr_1","document_version":1,'
    b'"at":"2026-11-23T12:00:00Z","actor":{"role":"system"},'
    b'"fact":{"type":"auth.user_signed_up.v1","user_id":"usr_1","role":"rider"}}'
)


def test_a_stored_envelope_is_read_and_written_in_the_same_form() -> None:
    envelope = msgspec.json.decode(STORED, type=EventEnvelope)
    assert envelope.event == UserSignedUp(user_id="usr_1", role="rider")
    assert msgspec.json.decode(msgspec.json.encode(envelope)) == msgspec.json.decode(STORED)
