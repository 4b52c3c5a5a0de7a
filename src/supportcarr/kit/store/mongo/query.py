"""Translate conditions of ``find`` into MongoDB's filters, and a page cursor into the filters of its page.

The filters of a page are queried one after the other: with one ``$or`` it would depend on the server's
query planner whether the index still provides the order.
"""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.cursors import KeyValue
from supportcarr.kit.store.mongo.document import NOT_DELETED, Row, query_value
from supportcarr.kit.store.port import CollectionSpec, In, Range, Where

_PRESENT: Row = {"$ne": None}


def stored_name(spec: CollectionSpec[Any], field: str) -> str:
    """The stored name of a field.  Raises ``ValueError`` for one that the spec does not declare."""
    if field == "id":
        return "_id"
    if field not in spec.fields:
        raise ValueError(f"{spec.name} declares no index or unique key with {field!r}")
    return field


def condition(spec: CollectionSpec[Any], where: Where | None) -> Row:
    """The filter for documents that match all of *where*, without tombstones."""
    matching: Row = {}
    for field, wanted in (where or {}).items():
        matching[stored_name(spec, field)] = _field_condition(field, wanted)
    # Other fields exclude tombstones already, because a tombstone has only these; testing the version costs.
    if matching.keys() <= {"_id", spec.sharded_by}:
        matching |= NOT_DELETED
    return matching


def _field_condition(field: str, wanted: object) -> Row:
    if isinstance(wanted, In):
        return {"$in": [_required(field, value) for value in wanted.values]}
    if isinstance(wanted, Range):
        bounds = (("$gte", wanted.ge), ("$lt", wanted.lt))
        return {op: query_value(bound) for op, bound in bounds if bound is not None} or _PRESENT
    return {"$eq": _required(field, wanted)}


def _required(field: str, value: object) -> str | int | float:
    if value is None:
        raise ValueError(f"{field}: a query cannot ask for an absent value")
    return query_value(value)


def all_of(one: Row, other: Row) -> Row:
    """The conjunction of two filters."""
    return {"$and": [one, other]} if one and other else one or other


def order(name: str, descending: bool) -> list[tuple[str, int]]:
    """The sort by a field, then by id in the same direction."""
    way = -1 if descending else 1
    return [("_id", way)] if name == "_id" else [(name, way), ("_id", way)]


def after(name: str, descending: bool, value: KeyValue, id: str) -> tuple[Row, ...]:
    """Filters for the documents after (*value*, *id*), to be queried one after the other.

    MongoDB sorts absent values before all others, as the port requires.
    """
    beyond = "$lt" if descending else "$gt"
    if name == "_id":
        return ({"_id": {beyond: id}},)
    ties: Row = {name: {"$eq": value}, "_id": {beyond: id}}  # null: absent
    if value is None:
        return (ties,) if descending else (ties, {name: _PRESENT})
    rest: Row = {name: {beyond: value}}
    return (ties, rest, {name: {"$eq": None}}) if descending else (ties, rest)
