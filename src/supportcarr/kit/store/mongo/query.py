"""From what ``find`` is asked to MongoDB's filters, and the pieces of a keyset page.

The pieces are read one after the other: an ``$or`` of them would leave it to each server's planner
whether the index still gives the order.
"""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.cursors import KeyValue
from supportcarr.kit.store.mongo.document import ALIVE, Row, query_value
from supportcarr.kit.store.port import CollectionSpec, In, Range, Where

_PRESENT: Row = {"$ne": None}


def name_of(spec: CollectionSpec[Any], field: str) -> str:
    """The stored name of a field.  Raises ``ValueError`` for one that the spec does not declare."""
    if field == "id":
        return "_id"
    if field not in spec.fields:
        raise ValueError(f"{spec.name} declares no index or unique key with {field!r}")
    return field


def condition(spec: CollectionSpec[Any], where: Where | None) -> Row:
    """The filter that all of *where* matches, and no tombstone."""
    matching: Row = {}
    for field, wanted in (where or {}).items():
        matching[name_of(spec, field)] = _wanted(field, wanted)
    # A tombstone has no field that can be asked for but these, and the look at the version costs.
    if matching.keys() <= {"_id", spec.sharded_by}:
        matching |= ALIVE
    return matching


def _wanted(field: str, wanted: object) -> Row:
    if isinstance(wanted, In):
        return {"$in": [_present(field, value) for value in wanted.values]}
    if isinstance(wanted, Range):
        bounds = (("$gte", wanted.ge), ("$lt", wanted.lt))
        return {op: query_value(bound) for op, bound in bounds if bound is not None} or _PRESENT
    return {"$eq": _present(field, wanted)}


def _present(field: str, value: object) -> str | int | float:
    if value is None:
        raise ValueError(f"{field}: what is absent cannot be asked for")
    return query_value(value)


def both(one: Row, other: Row) -> Row:
    """The filter that matches what both match."""
    return {"$and": [one, other]} if one and other else one or other


def order(name: str, descending: bool) -> list[tuple[str, int]]:
    """The sort by a field, and by id in the same direction where it is equal."""
    way = -1 if descending else 1
    return [("_id", way)] if name == "_id" else [(name, way), ("_id", way)]


def after(name: str, descending: bool, value: KeyValue, id: str) -> tuple[Row, ...]:
    """What follows (*value*, *id*), as filters to be read one after the other.

    MongoDB sorts what is absent before everything, which is what the port promises.
    """
    beyond = "$lt" if descending else "$gt"
    if name == "_id":
        return ({"_id": {beyond: id}},)
    ties: Row = {name: {"$eq": value}, "_id": {beyond: id}}  # null: absent
    if value is None:
        return (ties,) if descending else (ties, {name: _PRESENT})
    rest: Row = {name: {beyond: value}}
    return (ties, rest, {name: {"$eq": None}}) if descending else (ties, rest)
