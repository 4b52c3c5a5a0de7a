"""``find`` returns exactly the matching documents, in order, in pages that neither skip nor repeat."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from support.store.fixtures import NOON, Parcel
from supportcarr.kit.store.port import BadCursor, Collection, CollectionSpec, In, Page, Range, Store, Where

SORTS = ["id", "-id", "due_at", "-due_at", "weight", "-weight", "price", "-price", "shelf", "urgent"]


def some_parcels(count: int, seed: int) -> list[Parcel]:
    """Parcels with many equal and many absent fields."""
    draw = random.Random(seed)
    return [
        Parcel(
            id=f"p{n:03}",
            owner=draw.choice(["ann", "bob", "Čeněk"]),
            shelf=draw.choice([None, f"s{draw.randrange(10_000)}-{n}"]),
            weight=draw.choice([None, -3, 0, 1, 2]),
            price=draw.choice([None, -0.5, 0.0, 1.25, 1e9]),
            urgent=draw.random() < 0.5,
            due_at=draw.choice([None, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(days=9000)]),
        )
        for n in range(count)
    ]


def in_order(parcels: Sequence[Parcel], sort: str) -> list[Parcel]:
    """The port's order: absent values first ascending, last descending; ties by id in the same direction."""
    field, descending = sort.removeprefix("-"), sort.startswith("-")

    def key(parcel: Parcel) -> tuple[Any, ...]:
        value = getattr(parcel, field)
        return (value is not None, value if value is not None else 0, parcel.id)

    return sorted(parcels, key=key, reverse=descending)


async def all_pages(parcels: Collection[Parcel], where: Where | None, sort: str, limit: int) -> list[Parcel]:
    found: list[Parcel] = []
    cursor: str | None = None
    while True:
        page = await parcels.find(where, sort=sort, limit=limit, cursor=cursor)
        assert 0 < len(page.items) <= limit or cursor is None
        found += page.items
        if page.next_cursor is None:
            return found
        assert len(page.items) == limit
        cursor = page.next_cursor


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 7, 60, 200])
async def test_pages_together_hold_every_document_in_order(
    parcels: Collection[Parcel], sort: str, limit: int
) -> None:
    stored = some_parcels(60, seed=limit)
    await parcels.insert_many(stored)
    expected = [p.id for p in in_order(stored, sort)]
    assert [p.id for p in await all_pages(parcels, None, sort, limit)] == expected


MATCHES: list[tuple[Where, Any]] = [
    ({"owner": "ann"}, lambda p: p.owner == "ann"),
    ({"owner": "Čeněk", "due_at": NOON}, lambda p: p.owner == "Čeněk" and p.due_at == NOON),
    ({"owner": In(("ann", "bob", "nobody"))}, lambda p: p.owner in ("ann", "bob")),
    ({"owner": In(())}, lambda _: False),
    ({"weight": Range(ge=0)}, lambda p: p.weight is not None and p.weight >= 0),
    ({"weight": Range(lt=0)}, lambda p: p.weight is not None and p.weight < 0),
    ({"weight": Range(ge=0, lt=2)}, lambda p: p.weight in (0, 1)),
    ({"weight": Range()}, lambda p: p.weight is not None),
    ({"weight": 0}, lambda p: p.weight == 0),
    ({"price": 1.25}, lambda p: p.price == 1.25),
    ({"price": Range(ge=0.0, lt=1e9)}, lambda p: p.price in (0.0, 1.25)),
    ({"urgent": True}, lambda p: p.urgent),
    ({"urgent": False, "weight": In((1, 2))}, lambda p: not p.urgent and p.weight in (1, 2)),
    ({"due_at": Range(lt=NOON)}, lambda p: p.due_at is not None and p.due_at < NOON),
    ({"due_at": Range(ge=NOON)}, lambda p: p.due_at is not None and p.due_at >= NOON),
    ({"due_at": In((NOON,))}, lambda p: p.due_at == NOON),
    ({"id": Range(ge="p010", lt="p020")}, lambda p: "p010" <= p.id < "p020"),
    ({"id": "p007"}, lambda p: p.id == "p007"),
]


@pytest.mark.parametrize("number", range(len(MATCHES)))
async def test_find_count_and_scan_return_the_matching_documents(
    parcels: Collection[Parcel], number: int
) -> None:
    where, matches = MATCHES[number]
    stored = some_parcels(80, seed=number)
    await parcels.insert_many(stored)
    expected = [p for p in stored if matches(p)]
    for sort in ("id", "-due_at", "weight"):
        found = await all_pages(parcels, where, sort, 11)
        assert [p.id for p in found] == [p.id for p in in_order(expected, sort)]
    assert await parcels.count(where) == len(expected)
    assert [p.id async for p in parcels.scan(where, batch=9)] == [p.id for p in expected]


async def test_find_and_scan_return_whole_documents(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p", owner="ann", note="a note", due_at=NOON))
    assert await parcels.find({"owner": "ann"}) == Page([stored], None)
    assert [p async for p in parcels.scan()] == [stored]


async def test_a_saved_document_is_found_by_its_current_values(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p", weight=1))
    await parcels.save(msgspec.structs.replace(stored, weight=None))
    assert await parcels.count({"weight": 1}) == 0
    assert await parcels.count({"weight": Range()}) == 0


async def test_the_last_page_has_no_cursor(parcels: Collection[Parcel]) -> None:
    await parcels.insert_many([Parcel(id=f"p{n}") for n in range(4)])
    first = await parcels.find(limit=2)
    assert first.next_cursor is not None
    assert (await parcels.find(limit=2, cursor=first.next_cursor)).next_cursor is None
    assert (await parcels.find(limit=4)).next_cursor is None


@pytest.mark.parametrize("where", [{"note": "x"}, {"owner": "ann", "count": 1}, {"nonsense": 1}])
async def test_a_query_on_an_undeclared_field_is_rejected(parcels: Collection[Parcel], where: Where) -> None:
    for attempt in (parcels.find(where), parcels.count(where)):
        with pytest.raises(ValueError, match="declares no index"):
            await attempt


async def test_a_sort_by_an_undeclared_field_is_rejected(parcels: Collection[Parcel]) -> None:
    with pytest.raises(ValueError, match="declares no index"):
        await parcels.find(sort="-note")


async def test_a_page_limit_below_one_is_rejected(parcels: Collection[Parcel]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        await parcels.find(limit=0)


@pytest.mark.parametrize("cursor", ["", "x", "!!!!", "bm9uc2Vuc2U", "WyJwYXJjZWxzIiwiaWQiLDFd", "é" * 5])
async def test_an_invalid_cursor_is_rejected(parcels: Collection[Parcel], cursor: str) -> None:
    with pytest.raises(BadCursor):
        await parcels.find(cursor=cursor)


async def test_a_cursor_of_another_sort_or_collection_is_rejected(
    store: Store, parcels: Collection[Parcel]
) -> None:
    await parcels.insert_many([Parcel(id=f"p{n}") for n in range(4)])
    cursor = (await parcels.find(sort="weight", limit=2)).next_cursor
    with pytest.raises(BadCursor):
        await parcels.find(sort="-weight", limit=2, cursor=cursor)
    with pytest.raises(BadCursor):
        await store.collection(CollectionSpec("others", Parcel, parcels.spec.indexes)).find(
            sort="weight", cursor=cursor
        )


@pytest.mark.parametrize("sort", ["due_at", "-due_at", "weight", "-weight", "id", "-id"])
async def test_pages_neither_skip_nor_repeat_documents_during_concurrent_writes(
    parcels: Collection[Parcel], other_store: Store, sort: str
) -> None:
    """A second store inserts and deletes around every position while the pages are read."""
    stored = some_parcels(120, seed=5)
    await parcels.insert_many(stored)
    others = other_store.get_collection("parcels")
    reading = True
    pages = 1

    async def disturb() -> int:
        draw = random.Random(sort)
        number = 0
        while reading:
            if number >= 8 * pages:  # faster than that, an engine in memory would outrun the reader
                await asyncio.sleep(0.001)
                continue
            came = msgspec.structs.replace(
                draw.choice(stored), id=f"p{draw.randrange(120):03}+{number}", shelf=None
            )
            there = await others.insert(came)
            if number % 2:
                await others.delete(there.id, there.version)
            number += 1
        return number

    disturbing = asyncio.create_task(disturb())
    await asyncio.sleep(0.01)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await parcels.find(sort=sort, limit=7, cursor=cursor)
        pages += 1
        found += [p.id for p in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        await asyncio.sleep(0.002)
    reading = False
    assert await disturbing > 0
    assert len(found) == len(set(found))
    assert [name for name in found if "+" not in name] == [p.id for p in in_order(stored, sort)]


async def test_a_scan_returns_every_document_once_during_concurrent_inserts(
    parcels: Collection[Parcel],
) -> None:
    stored = some_parcels(50, seed=6)
    await parcels.insert_many(stored)
    seen: list[str] = []
    async for parcel in parcels.scan(batch=4):
        seen.append(parcel.id)
        if len(seen) % 5 == 0:
            await parcels.insert(Parcel(id=f"{parcel.id}+"))
    assert [name for name in seen if not name.endswith("+")] == [p.id for p in stored]
    assert len(seen) == len(set(seen))
