"""The layout of a document in MongoDB: its fields under their own names, and its outbox.

::

    {_id: "res_qc_01j…", version: 3, write_id: ObjectId("6927…"), status: "matching",
     due_at: "2026-03-02T12:08:00.000000Z", …,
     outbox: [{id: "res_qc_01j….3.0", saved_at: "2026-03-02T12:00:00.123456Z", event: "{…}"}]}

- A time at the top level is text of fixed width in UTC, to the microsecond (a BSON date has milliseconds
  only): it sorts and compares like the instant, and ``$toDate`` reads it.
- A field that queries use is absent if it is ``None`` and present otherwise.  Other fields that hold
  their default may be absent.  So queries never meet a null, and indexes contain default values.
- ``write_id`` is new with each insert and save: with the version it identifies one content (for the read
  cache, ``cache``).  Documents stored by releases without it have none.
- A deleted document with pending events is a tombstone: ``_id`` and ``outbox`` without a ``version``
  (and the field that it is sharded by, which determines its shard).
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
Row = dict[str, Any]  # a document as decoded from BSON

OUTBOX = "outbox"
WRITE_ID = "write_id"
NOT_DELETED: Row = {"version": {"$exists": True}}
NO_EVENTS: Row = {f"{OUTBOX}.0": {"$exists": False}}
EMPTY_TOMBSTONE: Row = {"version": {"$exists": False}, **NO_EVENTS}  # a tombstone that can be deleted

_event_encoder = msgspec.json.Encoder()
_event_decoder = msgspec.json.Decoder(EventEnvelope)


def stamp(value: datetime) -> str:
    """The instant as text that sorts by time: RFC 3339 in UTC with microseconds.

    Raises ``ValueError`` for a time without a zone.
    """
    if value.tzinfo is None:
        raise ValueError("a stored time needs a zone")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def query_value(value: object) -> str | int | float:
    """*value* as it is stored in a field that queries use.

    Raises ``ValueError`` for a datetime without a zone, ``TypeError`` for other unsupported types.
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

    Raises ``ValueError`` for an unsupported type: with a field that is renamed or has a reserved name, or
    with a field for queries that may be ``None`` and has another default (its absence would be ambiguous).
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
        self._queried = tuple(name for name in spec.fields if name != "version")
        self.flags = frozenset(f.name for f in fields.values() if _holds(f.type, inspect.BoolType))

    # --- documents ----------------------------------------------------------------------------

    def key(self, id: str) -> Row:
        """The filter for one document, including its shard."""
        if self.spec.sharded_by:
            return {"_id": id, self.spec.sharded_by: region_of(id)}
        return {"_id": id}

    def keys(self, ids: Sequence[str]) -> Row:
        """The filter for several documents, including their shards."""
        named: Row = {"_id": {"$in": list(ids)}}
        if self.spec.sharded_by:
            named[self.spec.sharded_by] = {"$in": sorted({region_of(one) for one in ids})}
        return named

    def fields(self, document: D) -> Row:
        """The stored fields of a document, without id, version and outbox."""
        row: Row = msgspec.to_builtins(document, str_keys=True)
        del row["id"]
        row.pop("version", None)
        for name in self._queried:
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
        """The complete row of a new document."""
        row = {"_id": document.id, "version": document.version, WRITE_ID: ObjectId(), **self.fields(document)}
        if events:
            row[OUTBOX] = _entries(events)
        return row

    def update(self, document: D, events: Sequence[EventEnvelope]) -> Row:
        """The single update that turns the previous version into *document* and adds its events."""
        fields = self.fields(document)
        update: Row = {"$inc": {"version": 1}, "$set": {WRITE_ID: ObjectId(), **fields}}
        if gone := {name: "" for name in self._names if name not in fields}:
            update["$unset"] = gone
        if events:
            update["$push"] = {OUTBOX: {"$each": _entries(events)}}
        return update

    def to_tombstone(self, row: Row) -> Row:
        """The update that turns a stored document into a tombstone."""
        kept = ("_id", OUTBOX, self.spec.sharded_by)
        return {"$unset": {name: "" for name in row if name not in kept}}

    def decode(self, row: Row) -> D:
        """The document of a row.  Raises ``StoreError`` if it does not fit the document's type."""
        row["id"] = row.pop("_id")
        row.pop(WRITE_ID, None)
        try:
            return msgspec.convert(row, self._decoded, str_keys=True)
        except msgspec.ValidationError as error:
            raise StoreError(f"{self.spec.name}: a stored document cannot be read: {error}") from error

    def stored(self, row: Row) -> StoredDocument[D]:
        """A row with its outbox, or a tombstone, in the form that a copy transfers."""
        document_id, events = row["_id"], tuple(events_of(row))
        row.pop(OUTBOX, None)
        return StoredDocument(document_id, self.decode(row) if "version" in row else None, events)

    def stored_row(self, stored: StoredDocument[D]) -> Row:
        """The row of a document that a copy transferred."""
        if stored.document is not None:
            return self.row(stored.document, stored.events)
        return {**self.key(stored.id), OUTBOX: _entries(stored.events)}

    def defaults(self) -> Row:
        """The defaults of the fields that queries use, for documents that were stored without them."""
        defaults = {name: self._fields[name].default for name in self._queried}
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
    """True if a field of *type* can hold a value of type *wanted*."""
    if isinstance(type, inspect.Metadata):
        return _holds(type.type, wanted)
    if isinstance(type, inspect.UnionType):
        return any(_holds(one, wanted) for one in type.types)
    return isinstance(type, wanted)
