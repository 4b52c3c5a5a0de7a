"""How a document lies in MongoDB: in the open, under its own field names, with its outbox beside them.

::

    {_id: "res_qc_01j…", version: 3, write_id: ObjectId("6927…"), status: "matching",
     due_at: "2026-03-02T12:08:00.000000Z", …,
     outbox: [{id: "res_qc_01j….3.0", saved_at: "2026-03-02T12:00:00.123456Z", event: "{…}"}]}

- A time at the top level is text of one width in UTC, to the microsecond (a BSON date has milliseconds
  only): it sorts, ranges and indexes as the instant does, and ``$toDate`` reads it.
- A field that queries use is there unless it is ``None``; then it is absent.  Other fields that hold
  their default may be absent.  So a query never meets a null, and no default is left out of an index.
- ``write_id`` is new with each insert and save: with the version it names this content and no other
  (``cache`` says what for).  Documents of before it have none.
- A deleted document whose events are still out is a tombstone: ``_id`` and ``outbox`` without a
  ``version`` (and the field that it is sharded by, which tells where it lies).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import msgspec
from bson import ObjectId
from msgspec import inspect

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.ids import region_of
from supportcarr.kit.store.port import CollectionSpec, StoredDocument, StoreError

D = TypeVar("D", bound=Document)
Row = dict[str, Any]  # a document as BSON has it

OUTBOX = "outbox"
WRITE_ID = "write_id"
ALIVE: Row = {"version": {"$exists": True}}
NO_EVENTS: Row = {f"{OUTBOX}.0": {"$exists": False}}
BURIED: Row = {"version": {"$exists": False}, **NO_EVENTS}  # a tombstone that nothing needs any more

_event_encoder = msgspec.json.Encoder()
_event_decoder = msgspec.json.Decoder(EventEnvelope)


def stamp(value: datetime) -> str:
    """The instant as text that sorts: RFC 3339 in UTC with microseconds.

    Raises ``ValueError`` for a time without a zone.
    """
    if value.tzinfo is None:
        raise ValueError("a stored time needs a zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def query_value(value: object) -> str | int | float:
    """*value* as it is stored in a field that queries use.

    Raises ``ValueError`` for a datetime without a zone, ``TypeError`` for what such a field cannot hold.
    """
    if isinstance(value, Enum):
        return query_value(value.value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"a field that queries use cannot hold a {type(value).__name__}")


class Shape(Generic[D]):
    """The layout of one collection's documents.

    Raises ``ValueError`` for a type that has no such layout: a field of a name that the layout needs
    or that is renamed, or a field for queries that may be ``None`` and has another default (its absence
    would mean both).
    """

    def __init__(self, spec: CollectionSpec[D]) -> None:
        self.spec = spec
        self._decoded = spec.type
        info = inspect.type_info(spec.type)
        assert isinstance(info, inspect.StructType)
        fields = {field.name: field for field in info.fields}
        for field in fields.values():
            if field.name in (OUTBOX, WRITE_ID, "_id") or field.encode_name != field.name:
                raise ValueError(
                    f"{spec.name}: a document cannot have the field {field.encode_name!r} in MongoDB"
                )
        for name in spec.fields:
            if _holds(fields[name].type, inspect.NoneType) and fields[name].default is not None:
                raise ValueError(f"{spec.name}: {name} may be absent, so its default must be None")
        self._fields = fields
        self._names = tuple(name for name in fields if name not in ("id", "version"))
        self._times = tuple(f.name for f in fields.values() if _holds(f.type, inspect.DateTimeType))
        self._absent = tuple(f.name for f in fields.values() if f.default is None)
        self._asked = tuple(name for name in spec.fields if name != "version")
        self.flags = frozenset(f.name for f in fields.values() if _holds(f.type, inspect.BoolType))

    # --- documents ----------------------------------------------------------------------------

    def key(self, id: str) -> Row:
        """The filter that names one document, and its shard."""
        if self.spec.sharded_by:
            return {"_id": id, self.spec.sharded_by: region_of(id)}
        return {"_id": id}

    def keys(self, ids: Sequence[str]) -> Row:
        """The filter that names several."""
        named: Row = {"_id": {"$in": list(ids)}}
        if self.spec.sharded_by:
            named[self.spec.sharded_by] = {"$in": sorted({region_of(one) for one in ids})}
        return named

    def fields(self, document: D) -> Row:
        """What is stored of a document, without id, version and outbox."""
        row: Row = msgspec.to_builtins(document, str_keys=True)
        del row["id"]
        row.pop("version", None)
        for name in self._asked:
            value = getattr(document, name)
            if value is not None:
                row[name] = query_value(value)
        for name in self._times:
            if isinstance(value := getattr(document, name), datetime):
                row[name] = stamp(value)
        for name in self._absent:
            if row.get(name, False) is None:
                del row[name]
        shard = self.spec.sharded_by
        if shard and row.get(shard) != region_of(document.id):
            raise ValueError(f"{self.spec.name}: {document.id} does not name its {shard}, {row.get(shard)!r}")
        return row

    def row(self, document: D, events: Sequence[EventEnvelope] = ()) -> Row:
        """A new document, whole."""
        row = {"_id": document.id, "version": document.version, WRITE_ID: ObjectId(), **self.fields(document)}
        if events:
            row[OUTBOX] = _entries(events)
        return row

    def update(self, document: D, events: Sequence[EventEnvelope]) -> Row:
        """The update that makes the version before into *document*: all of it in one act."""
        fields = self.fields(document)
        update: Row = {"$inc": {"version": 1}, "$set": {WRITE_ID: ObjectId(), **fields}}
        if gone := {name: "" for name in self._names if name not in fields}:
            update["$unset"] = gone
        if events:
            update["$push"] = {OUTBOX: {"$each": _entries(events)}}
        return update

    def burial(self, row: Row) -> Row:
        """The update that makes a stored document into a tombstone."""
        kept = ("_id", OUTBOX, self.spec.sharded_by)
        return {"$unset": {name: "" for name in row if name not in kept}}

    def decode(self, row: Row) -> D:
        """The document of a row.  Raises ``StoreError`` for one that its type cannot hold."""
        row["id"] = row.pop("_id")
        row.pop(WRITE_ID, None)
        try:
            return msgspec.convert(row, self._decoded, str_keys=True)
        except msgspec.ValidationError as error:
            raise StoreError(f"{self.spec.name}: a stored document cannot be read: {error}") from error

    def stored(self, row: Row) -> StoredDocument[D]:
        """A row with its outbox, or a tombstone, as a copy moves it."""
        document_id, events = row["_id"], tuple(events_of(row))
        row.pop(OUTBOX, None)
        return StoredDocument(document_id, self.decode(row) if "version" in row else None, events)

    def stored_row(self, stored: StoredDocument[D]) -> Row:
        """The row of a document that is written as a copy moves it."""
        if stored.document is not None:
            return self.row(stored.document, stored.events)
        return {**self.key(stored.id), OUTBOX: _entries(stored.events)}

    def defaults(self) -> Row:
        """What the fields that queries use hold where a document was stored without them."""
        defaults = {name: self._fields[name].default for name in self._asked}
        return {
            name: query_value(value)
            for name, value in defaults.items()
            if value is not None and value is not msgspec.NODEFAULT
        }


def events_of(row: Row) -> list[EventEnvelope]:
    """The events in a document's outbox, oldest first."""
    return [_event_decoder.decode(entry["event"]) for entry in row.get(OUTBOX, ())]


def _entries(events: Sequence[EventEnvelope]) -> list[Row]:
    saved_at = stamp(datetime.now(UTC))
    return [
        {"id": event.id, "saved_at": saved_at, "event": _event_encoder.encode(event).decode()}
        for event in events
    ]


def _holds(type: inspect.Type, wanted: type[inspect.Type]) -> bool:
    """True if a field of *type* can hold a *wanted*."""
    if isinstance(type, inspect.Metadata):
        return _holds(type.type, wanted)
    if isinstance(type, inspect.UnionType):
        return any(_holds(one, wanted) for one in type.types)
    return isinstance(type, wanted)
