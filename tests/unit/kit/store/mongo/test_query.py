"""Conditions become filters, and the filters of a page follow the port's order."""

from __future__ import annotations

import pytest

from support.store.fixtures import NOON, PARCELS, Parcel
from supportcarr.kit.store.mongo.document import NOT_DELETED
from supportcarr.kit.store.mongo.query import after, all_of, condition, order, stored_name
from supportcarr.kit.store.port import CollectionSpec, In, Range

TEXT = "2026-03-02T12:00:00.000000Z"


def test_conditions_become_filters() -> None:
    assert condition(PARCELS, {"owner": "ann", "due_at": NOON}) == {
        "owner": {"$eq": "ann"},
        "due_at": {"$eq": TEXT},
    }
    assert condition(PARCELS, {"weight": In((1, 2))}) == {"weight": {"$in": [1, 2]}}
    assert condition(PARCELS, {"due_at": Range(ge=NOON)}) == {"due_at": {"$gte": TEXT}}
    assert condition(PARCELS, {"price": Range(ge=1.0, lt=2.0)}) == {"price": {"$gte": 1.0, "$lt": 2.0}}
    assert condition(PARCELS, {"price": Range()}) == {"price": {"$ne": None}}


def test_tombstones_are_excluded_where_they_could_match() -> None:
    assert condition(PARCELS, None) == NOT_DELETED
    assert condition(PARCELS, {"id": "p"}) == {"_id": {"$eq": "p"}, **NOT_DELETED}
    assert "version" not in condition(PARCELS, {"owner": "ann"})
    split = CollectionSpec("parcels", Parcel, PARCELS.indexes, sharded_by="owner")
    assert condition(split, {"owner": "ann"}) == {"owner": {"$eq": "ann"}, **NOT_DELETED}


def test_a_value_that_looks_like_an_operator_is_compared_as_a_value() -> None:
    assert condition(PARCELS, {"owner": "$ne"}) == {"owner": {"$eq": "$ne"}}


def test_undeclared_fields_and_absent_values_are_rejected() -> None:
    with pytest.raises(ValueError, match="declares no index"):
        stored_name(PARCELS, "note")
    with pytest.raises(ValueError, match="absent"):
        condition(PARCELS, {"owner": None})  # type: ignore[dict-item]  # an untyped caller may pass it


def test_two_filters_on_one_field_both_apply() -> None:
    assert all_of({"a": 1}, {"a": 2}) == {"$and": [{"a": 1}, {"a": 2}]}
    assert all_of({}, {"a": 2}) == {"a": 2}
    assert all_of({"a": 1}, {}) == {"a": 1}


def test_a_sort_ends_with_the_id_in_the_same_direction() -> None:
    assert order("due_at", False) == [("due_at", 1), ("_id", 1)]
    assert order("due_at", True) == [("due_at", -1), ("_id", -1)]
    assert order("_id", True) == [("_id", -1)]


def test_an_ascending_page_continues_with_ties_then_larger_values() -> None:
    assert after("weight", False, 3, "p") == (
        {"weight": {"$eq": 3}, "_id": {"$gt": "p"}},
        {"weight": {"$gt": 3}},
    )
    assert after("weight", False, None, "p") == (
        {"weight": {"$eq": None}, "_id": {"$gt": "p"}},
        {"weight": {"$ne": None}},
    )


def test_a_descending_page_ends_with_absent_values() -> None:
    assert after("weight", True, 3, "p") == (
        {"weight": {"$eq": 3}, "_id": {"$lt": "p"}},
        {"weight": {"$lt": 3}},
        {"weight": {"$eq": None}},
    )
    assert after("weight", True, None, "p") == ({"weight": {"$eq": None}, "_id": {"$lt": "p"}},)


def test_a_page_sorted_by_id_needs_one_filter() -> None:
    assert after("_id", False, "p", "p") == ({"_id": {"$gt": "p"}},)
    assert after("_id", True, "p", "p") == ({"_id": {"$lt": "p"}},)
