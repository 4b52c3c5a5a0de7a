"""The layout of documents in MongoDB: readable, sortable, and decoded without loss."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import bson
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import supportcarr
from support.mongo.schema import matches_schema
from support.store.fixtures import NOON, PARCELS, Parcel, pending
from supportcarr.contracts.documents import Document
from supportcarr.kit.store.mongo.document import Shape, events_of, query_value, stamp
from supportcarr.kit.store.mongo.indexes import declared
from supportcarr.kit.store.mongo.schema import validator
from supportcarr.kit.store.port import CollectionSpec, Index, StoreError

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - zones are drawn

SHAPE = Shape(PARCELS)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Place(msgspec.Struct, frozen=True):
    lat: float
    lng: float


class Trunk(Document, frozen=True, kw_only=True):
    """A document with every kind of field that documents have."""

    colour: Colour
    state: Literal["open", "shut"] = "open"
    place: Place
    path: tuple[Place, ...] = ()
    source: tuple[str, int, int] = ("", 0, 0)
    by_hour: dict[int, int] = {}
    price: Decimal = Decimal("1.50")
    seal: bytes = b"\x00\xff"
    opened_at: datetime
    shut_at: datetime | None = None
    seen: dict[str, datetime] = {}
    owner: Place | None = None
    label: str | None = None
    large: int = 2**53 + 1


TRUNKS = CollectionSpec(
    "trunks", Trunk, indexes=(Index("state", "opened_at"), Index("shut_at")), unique=("label",)
)
TRUNK = Trunk(
    id="t",
    version=3,
    colour=Colour.BLUE,
    place=Place(45.5, -73.6),
    path=(Place(1, 2), Place(3.5, 4)),
    by_hour={7: 2**40, 23: 1},
    seen={"ann": NOON},
    opened_at=NOON + timedelta(microseconds=123_456),
)


@given(TIMES, TIMES)
def test_stored_times_sort_as_they_do_in_python(one: datetime, other: datetime) -> None:
    first, second = stamp(one), stamp(other)
    assert (first < second, first == second) == (one < other, one == other)
    assert datetime.fromisoformat(first) == one
    assert len(first) == 27


def test_a_time_without_a_zone_is_rejected() -> None:
    with pytest.raises(ValueError, match="zone"):
        stamp(NOON.replace(tzinfo=None))


def test_a_document_is_stored_under_its_own_field_names() -> None:
    parcel = Parcel(id="p", version=1, owner="ann", due_at=NOON, price=2.5, weight=2**40)
    [event] = pending("in").envelopes("parcels", "p", 1)
    row = SHAPE.row(parcel, [event])
    [entry] = row.pop("outbox")
    assert isinstance(row.pop("write_id"), bson.ObjectId)
    assert row == {
        "_id": "p",
        "version": 1,
        "owner": "ann",
        "weight": 2**40,
        "price": 2.5,
        "urgent": False,
        "due_at": "2026-03-02T12:00:00.000000Z",
    }
    assert entry["id"] == "p.1.0"
    assert datetime.fromisoformat(entry["saved_at"]).tzinfo == UTC
    assert events_of({"outbox": [entry]}) == [event]


def test_absent_fields_are_omitted_and_defaults_of_query_fields_are_stored() -> None:
    assert SHAPE.fields(Parcel(id="p")) == {"owner": "nobody", "urgent": False}
    assert SHAPE.defaults() == {"owner": "nobody", "urgent": False}
    assert "label" not in Shape(TRUNKS).fields(TRUNK)
    assert "shut_at" not in Shape(TRUNKS).fields(TRUNK)


def test_every_write_has_its_own_write_id() -> None:
    parcel = Parcel(id="p", version=1)
    written = [SHAPE.row(parcel), SHAPE.row(parcel), *(SHAPE.update(parcel, [])["$set"] for _ in range(2))]
    assert len({one["write_id"] for one in written}) == 4


def test_a_document_survives_encoding_as_bson() -> None:
    shape = Shape(TRUNKS)
    for trunk in (TRUNK, msgspec.structs.replace(TRUNK, shut_at=NOON, label="x", owner=Place(0, 0))):
        read = shape.decode(bson.decode(bson.encode(shape.row(trunk))))
        assert read == trunk
        assert type(read.large) is int
        assert type(read.by_hour[7]) is int


def test_a_row_that_does_not_fit_its_type_raises_a_store_error() -> None:
    with pytest.raises(StoreError, match="parcels"):
        SHAPE.decode({"_id": "p", "version": 1, "weight": "heavy"})


def test_an_update_sets_present_fields_and_unsets_absent_ones() -> None:
    [event] = pending("moved").envelopes("parcels", "p", 2)
    update = SHAPE.update(Parcel(id="p", version=2, shelf="A", note="n"), [event])
    assert isinstance(update["$set"].pop("write_id"), bson.ObjectId)
    assert update["$set"] == {"owner": "nobody", "urgent": False, "shelf": "A", "note": "n"}
    assert set(update["$unset"]) == {"weight", "price", "due_at", "count"}
    assert update["$inc"] == {"version": 1}
    assert [entry["id"] for entry in update["$push"]["outbox"]["$each"]] == ["p.2.0"]
    assert "$push" not in SHAPE.update(Parcel(id="p", version=2), [])


def test_a_tombstone_keeps_only_the_id_and_the_events() -> None:
    row = {**SHAPE.row(Parcel(id="p", version=4, shelf="A")), "of_the_next_release": 1, "outbox": []}
    unset = {"version", "write_id", "owner", "urgent", "shelf", "of_the_next_release"}
    assert set(SHAPE.to_tombstone(row)["$unset"]) == unset


class Job(Document, frozen=True, kw_only=True):
    region: str
    status: str = "new"


JOBS = CollectionSpec("jobs", Job, indexes=(Index("status"),), sharded_by="region")


def test_the_key_of_a_sharded_document_includes_its_region() -> None:
    shape = Shape(JOBS)
    assert shape.key("res_qc_1") == {"_id": "res_qc_1", "region": "qc"}
    assert shape.keys(["res_qc_1", "res_on_2", "res_qc_3"]) == {
        "_id": {"$in": ["res_qc_1", "res_on_2", "res_qc_3"]},
        "region": {"$in": ["on", "qc"]},
    }
    assert "region" not in shape.to_tombstone(shape.row(Job(id="res_qc_1", region="qc")))["$unset"]


def test_a_sharded_document_with_another_region_in_its_id_is_rejected() -> None:
    with pytest.raises(ValueError, match="region"):
        Shape(JOBS).row(Job(id="res_qc_1", region="on"))


class Renamed(Document, frozen=True, kw_only=True, rename="camel"):
    due_at: str = ""


class Boxed(Document, frozen=True, kw_only=True):
    outbox: int = 0


class Ambiguous(Document, frozen=True, kw_only=True):
    label: str | None = "unnamed"


class Unsaid(Document, frozen=True, kw_only=True):
    label: str | None


@pytest.mark.parametrize(
    ("type", "indexes"),
    [(Renamed, ()), (Boxed, ()), (Ambiguous, (Index("label"),)), (Unsaid, (Index("label"),))],
)
def test_a_type_without_a_layout_is_rejected(type: type[Document], indexes: tuple[Index, ...]) -> None:
    with pytest.raises(ValueError, match="things"):
        Shape(CollectionSpec("things", type, indexes))


def test_query_values_equal_stored_values() -> None:
    assert query_value(NOON) == "2026-03-02T12:00:00.000000Z"
    assert query_value(Colour.RED) == "red"
    assert query_value(True) is True
    assert [query_value(value) for value in ("a", 3, 2.5)] == ["a", 3, 2.5]
    with pytest.raises(TypeError):
        query_value(b"bytes")


# --- validators -------------------------------------------------------------------------------


def takes(spec: CollectionSpec[Any], row: dict[str, Any]) -> bool:
    """True if a server with the collection's validator would accept *row*."""
    tombstones, documents = validator(spec)["$or"]
    assert tombstones == {"version": {"$exists": False}}
    return "version" not in row or matches_schema(documents["$jsonSchema"], row)


def test_a_validator_accepts_every_document_that_the_store_writes() -> None:
    shape = Shape(TRUNKS)
    events = pending("one", "two").envelopes("trunks", "t", 3)
    for trunk in (TRUNK, msgspec.structs.replace(TRUNK, shut_at=NOON, label="x", owner=Place(0, 0))):
        assert takes(TRUNKS, shape.row(trunk, events))
    assert takes(PARCELS, SHAPE.row(Parcel(id="p", version=1)))
    assert takes(PARCELS, {"_id": "p", "outbox": []})


@pytest.mark.parametrize(
    "spoiled",
    [
        {"colour": "green"},
        {"state": "ajar"},
        {"place": {"lat": "north", "lng": 1.0}},
        {"place": {"lat": 1.0}},
        {"source": ["", 0]},
        {"by_hour": {"7": "many"}},
        {"opened_at": None},
        {"version": 0},
        {"version": "3"},
        {"outbox": [{"id": "t.1.0"}]},
        {"large": 1.5},
    ],
)
def test_a_validator_rejects_values_of_the_wrong_type(spoiled: dict[str, Any]) -> None:
    assert not takes(TRUNKS, {**Shape(TRUNKS).row(TRUNK), **spoiled})


def test_a_validator_requires_fields_and_allows_unknown_ones() -> None:
    row = Shape(TRUNKS).row(TRUNK)
    assert takes(TRUNKS, {**row, "of_the_next_release": {"a": 1}})
    del row["colour"]
    assert not takes(TRUNKS, row)


class Fork(msgspec.Struct, frozen=True):
    left: Fork | None = None
    name: str = ""


class Tree(Document, frozen=True, kw_only=True):
    root: Fork


def test_a_validator_of_a_recursive_type_is_finite() -> None:
    trees = CollectionSpec("trees", Tree)
    row = Shape(trees).row(Tree(id="t", version=1, root=Fork(Fork(Fork()))))
    assert takes(trees, row)
    assert not takes(trees, {**row, "root": "oak"})


# --- the platform's own -----------------------------------------------------------------------


def all_specs() -> list[CollectionSpec[Any]]:
    """Every collection that the platform declares."""
    found: list[CollectionSpec[Any]] = []
    for module in pkgutil.walk_packages(supportcarr.__path__, "supportcarr."):
        if not module.ispkg and not module.name.endswith("__main__"):
            found += getattr(importlib.import_module(module.name), "SPECS", ())
    return list({spec.name: spec for spec in found}.values())


def test_every_collection_of_the_platform_has_a_mongodb_layout() -> None:
    specs = all_specs()
    assert {"users", "rescuerequests", "jobs", "paymentrecords"} <= {spec.name for spec in specs}
    for spec in specs:
        Shape(spec)
        assert declared(spec)
        required = validator(spec)["$or"][1]["$jsonSchema"]["required"]
        assert {"_id", "version"} <= set(required)
        assert not matches_schema(validator(spec)["$or"][1]["$jsonSchema"], {"_id": 1, "version": 1})
