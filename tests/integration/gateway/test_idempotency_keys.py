"""A repeated creation creates once, even if responses are lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.http.example_part import WIDGETS
from support.http.server import Api
from supportcarr.gateway.idempotency import CLAIMS, Idempotency
from supportcarr.gateway.problems import IdempotencyKeyReused
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore


def widget(label: str = "a") -> dict[str, Any]:
    return {"label": label, "at": {"lat": 45.5, "lng": -73.6}}


async def test_a_repeat_returns_the_first_status_and_the_same_resource(api: Api, store: SqliteStore) -> None:
    rider = await api.person("rider")
    first = await rider.post("/widgets", widget(), key="k-1")
    again = await rider.post("/widgets", widget(), key="k-1")
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    assert first.body["id"].startswith("wdg_")
    assert await store.collection(WIDGETS).count() == 1


async def test_a_repeat_returns_the_current_resource(api: Api) -> None:
    rider = await api.person("rider")
    first = await rider.post("/widgets", widget(), key="k-1")
    await rider.patch(f"/widgets/{first.body['id']}", {"at": {"lat": 1, "lng": 2}})
    again = await rider.post("/widgets", widget(), key="k-1")
    assert (again.status, again.headers["etag"], again.body["lat"]) == (201, '"2"', 1)


async def test_an_equivalent_body_counts_as_the_same(api: Api) -> None:
    rider = await api.person("rider")
    first = await rider.post("/widgets", widget(), key="k-1")
    again = await rider.post("/widgets", raw=b'{ "at": {"lng": -73.6, "lat": 45.5}, "label": "a"}', key="k-1")
    assert (again.status, again.body["id"]) == (201, first.body["id"])


async def test_another_body_with_the_same_key_is_rejected(api: Api, store: SqliteStore) -> None:
    rider = await api.person("rider")
    await rider.post("/widgets", widget("a"), key="k-1")
    reply = await rider.post("/widgets", widget("b"), key="k-1")
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert await store.collection(WIDGETS).count() == 1


async def test_a_key_belongs_to_its_user_and_route(api: Api, store: SqliteStore) -> None:
    ana, bo = await api.person("rider"), await api.person("rider")
    first, second = (
        await ana.post("/widgets", widget(), key="k"),
        await bo.post("/widgets", widget(), key="k"),
    )
    assert first.body["id"] != second.body["id"]
    assert (await ana.post("/widgets/x/tip", key="k")).status == 200
    reply = await ana.post("/widgets/y/tip", key="k")  # the same route, another widget
    assert (reply.status, reply.code) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", [None, "", "x" * 256, "tab\tin it"])
async def test_a_missing_or_invalid_key_is_rejected(api: Api, store: SqliteStore, key: str | None) -> None:
    rider = await api.person("rider")
    reply = await rider.post("/widgets", widget(), key=key)
    assert (reply.status, reply.code) == (400, "idempotency_key_required")
    assert await store.collection(WIDGETS).count() == 0


async def test_concurrent_repeats_create_once(api: Api, store: SqliteStore) -> None:
    rider = await api.person("rider")
    replies = await asyncio.gather(*(rider.post("/widgets", widget(), key="k-1") for _ in range(12)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
    assert await store.collection(WIDGETS).count() == 1


async def test_a_request_that_failed_can_be_repeated(api: Api) -> None:
    rider = await api.person("rider")
    for _ in range(2):
        assert (await rider.post("/widgets", widget("refused"), key="k-1")).status == 409


async def test_an_invalid_request_binds_no_key(api: Api) -> None:
    rider = await api.person("rider")
    assert (await rider.post("/widgets", {"label": ""}, key="k-1")).status == 422
    assert (await rider.post("/widgets", widget(), key="k-1")).status == 201


async def test_neither_body_nor_key_is_stored_in_clear_text(api: Api, store: SqliteStore) -> None:
    rider = await api.person("rider")
    await rider.post("/widgets", widget("visible"), key="my-own-key")
    (claim,) = (await store.collection(CLAIMS).find()).items
    assert "visible" not in repr(claim)
    assert "my-own-key" not in repr(claim)


class ManualTime:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


async def claimed(keys: Idempotency, body: bytes = b"{}") -> str:
    return await keys.claim(b"k", actor="usr_1", route="POST /x", path="/x", body=body, prefix="wdg")


async def test_a_key_is_released_after_48_hours(store: SqliteStore) -> None:
    wall = ManualTime()
    keys = Idempotency(store, Clock(wall=wall), "secret")
    first = await claimed(keys)
    wall.now += timedelta(hours=47, minutes=59).total_seconds()
    assert await claimed(keys) == first
    with pytest.raises(IdempotencyKeyReused):
        await claimed(keys, b"[]")
    wall.now += 61
    second = await claimed(keys, b"[]")
    assert second != first
    assert await claimed(keys, b"[]") == second


async def test_two_processes_assign_the_same_id(store: SqliteStore) -> None:
    here, there = (Idempotency(store, Clock(), "secret") for _ in range(2))
    ids = await asyncio.gather(*(claimed(keys) for keys in (here, there) * 10))
    assert len(set(ids)) == 1


async def test_expired_keys_are_deleted_and_others_kept(store: SqliteStore) -> None:
    wall = ManualTime()
    keys = Idempotency(store, Clock(wall=wall), "secret")
    await claimed(keys)
    wall.now += timedelta(hours=49).total_seconds()
    await keys.claim(b"young", actor="usr_1", route="POST /x", path="/x", body=b"", prefix=None)
    (task,) = keys.periodic_tasks()
    await task.run()
    assert await store.collection(CLAIMS).count() == 1


async def mark_used(keys: Idempotency, body: bytes) -> None:
    await keys.release(b"k", actor="usr_1", route="POST /x", path="/x", body=body)


async def test_a_released_key_accepts_another_body_and_keeps_its_id(store: SqliteStore) -> None:
    keys = Idempotency(store, Clock(), "secret")
    first = await claimed(keys, b"[]")
    await mark_used(keys, b"[]")
    assert await claimed(keys, b"{}") == first
    await mark_used(keys, b"[]")  # too late: the key belongs to another body by now
    with pytest.raises(IdempotencyKeyReused):
        await claimed(keys, b"[]")
    assert await claimed(keys, b"{}") == first


async def test_only_one_of_many_bodies_gets_a_released_key(store: SqliteStore) -> None:
    here, there = (Idempotency(store, Clock(), "secret") for _ in range(2))
    first = await claimed(here, b"[]")
    await mark_used(here, b"[]")

    async def try_(keys: Idempotency, n: int) -> str | None:
        try:
            return await claimed(keys, b"%d" % (n // 2))
        except IdempotencyKeyReused:
            return None

    taken = await asyncio.gather(*(try_((here, there)[n % 2], n) for n in range(10)))
    assert [one for one in taken if one] == [first, first]


async def test_releasing_an_unused_key_is_harmless(store: SqliteStore) -> None:
    await mark_used(Idempotency(store, Clock(), "secret"), b"[]")
    assert await store.collection(CLAIMS).count() == 0
