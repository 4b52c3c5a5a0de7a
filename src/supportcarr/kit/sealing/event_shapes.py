"""Events with personal fields: sealed in the outbox, and without them in jobs.

A personal field of an event has a default, which is stored in its place; the envelope's ``sealed`` has the
sealed values.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import NODEFAULT, structs

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.sealing.codec import SealBroken, place_of
from supportcarr.kit.sealing.data_keys import Ciphers
from supportcarr.kit.sealing.shapes import Part, items_of, parts_of
from supportcarr.kit.store.port import StoreError

_encoder = msgspec.json.Encoder()


class EventShape:
    """How events of one type are sealed."""

    def __init__(self, event_type: type[Any], parts: tuple[Part, ...]) -> None:
        self.parts = parts
        defaults = {
            info.name: info.default if info.default_factory is NODEFAULT else info.default_factory()
            for info in structs.fields(event_type)
        }
        for part in parts:
            if part.inner is not None or defaults[part.field] is NODEFAULT:
                raise TypeError(f"{event_type.__name__}.{part.field}: a personal field needs a default")
        self.blank = {part.field: defaults[part.field] for part in parts}

    def owners(self, event: Any) -> set[str]:
        return {owner for part in self.parts if (owner := part.personal.owner_of(event)) is not None}

    def seal(self, envelope: EventEnvelope, ciphers: Ciphers) -> EventEnvelope:
        """The envelope as it is stored."""
        event = envelope.event
        sealed: dict[str, bytes] = {}
        for part in self.parts:
            value, owner = getattr(event, part.field), part.personal.owner_of(event)
            if value is None or value == self.blank[part.field] or owner is None:
                continue
            if (cipher := ciphers[owner]) is not None:
                sealed[part.field] = cipher.seal(_encoder.encode(value), _place(envelope, part))
        return structs.replace(envelope, event=structs.replace(event, **self.blank), sealed=sealed or None)

    def open(self, envelope: EventEnvelope, ciphers: Ciphers) -> EventEnvelope:
        """The envelope with what was sealed; a value whose key is destroyed keeps its default.

        Raises ``StoreError`` if a value was changed or belongs elsewhere.
        """
        event = envelope.event
        values: dict[str, Any] = {}
        for part in self.parts:
            seal = (envelope.sealed or {}).get(part.field)
            owner = part.personal.owner_of(event)
            if seal is None or owner is None or (cipher := ciphers[owner]) is None:
                continue
            try:
                values[part.field] = part.decode(cipher.open(seal, _place(envelope, part)))
            except (SealBroken, msgspec.DecodeError) as error:
                raise StoreError(f"event {envelope.id}: {part.field}: {error}") from error
        return structs.replace(envelope, event=structs.replace(event, **values), sealed=None)


@cache
def event_shape(event_type: type[Any]) -> EventShape | None:
    """How events of that type are sealed; ``None`` if nothing in them is personal."""
    parts = parts_of(event_type)
    if items_of("", event_type):
        raise TypeError(f"{event_type.__name__}: events are sealed by whole fields")
    return EventShape(event_type, parts) if parts else None


def without_personal(envelope: EventEnvelope) -> EventEnvelope:
    """The envelope without personal values, as jobs hold it."""
    shape = event_shape(type(envelope.event))
    if shape is None:
        return envelope
    return structs.replace(envelope, event=structs.replace(envelope.event, **shape.blank), sealed=None)


def _place(envelope: EventEnvelope, part: Part) -> bytes:
    return place_of("event", envelope.collection, part.field, envelope.id)
