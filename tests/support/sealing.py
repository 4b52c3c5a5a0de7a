"""Documents with personal values, and what a database in memory holds of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from support.store.memory import MemoryDatabase
from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import COARSE_PLACE, Place
from supportcarr.contracts.personal import Personal, PersonalItems
from supportcarr.kit.store.port import CollectionSpec, Index

PICKUP = Place(45.5231, -73.5817, "12 rue des Érables")


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    pickup: Place
    total_minor: int


class Parcel(Document, frozen=True, kw_only=True):
    owner_id: str
    sender_id: str | None = None
    weight: int = 0
    name: Annotated[str, Personal("owner_id")]
    note: Annotated[str | None, Personal("sender_id", "owner_id")] = None
    trip: Annotated[Trip, Personal("owner_id", inside=("pickup",), clear=COARSE_PLACE)]


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    number: int
    by: str | None = None
    text: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")


class Letter(Document, frozen=True, kw_only=True):
    """A document whose structs have a person each."""

    remarks: Annotated[tuple[Remark, ...], PersonalItems("text", "by", key="number")] = ()


class PlainLetter(Document, frozen=True, kw_only=True):
    """``Letter`` before its remarks were declared personal."""

    remarks: tuple[Remark, ...] = ()


LETTERS = CollectionSpec("letters", Letter)


class PlainParcel(Document, frozen=True, kw_only=True):
    """``Parcel`` before its fields were declared personal."""

    owner_id: str
    sender_id: str | None = None
    weight: int = 0
    name: str
    note: str | None = None
    trip: Trip


PARCELS = CollectionSpec("parcels", Parcel, indexes=(Index("weight"),))
ANA = Parcel(
    id="par_1",
    owner_id="usr_ana",
    sender_id="usr_bo",
    weight=7,
    name="Ana Roy",
    note="ring twice",
    trip=Trip(pickup=PICKUP, total_minor=1200),
)
SECRETS = ("Ana Roy", "ring twice", "45.5231", "73.5817", "rables")


def raw(database: MemoryDatabase) -> str:
    """Everything that the database holds, as text."""
    encode = msgspec.json.encode
    bodies = [row.body for table in database.tables.values() for row in table.rows.values()]
    events = [encode(e[2]) for t in database.tables.values() for one in t.outbox.values() for e in one]
    return b"\n".join([*bodies, *events]).decode()
