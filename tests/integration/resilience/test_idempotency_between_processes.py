"""A repeated creation creates once, whichever real processes it reaches, even if one is killed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.faults import wait_until
from support.http.route_calls import sign_up_body
from support.http.server import new_address, new_phone
from support.payments.world import running_emulator
from support.platform.fleet import Fleet, FleetProcess, Response
from support.rescues.fixtures import quote_body
from supportcarr.bootstrap.collections import SPECS
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.pricing.areas import seed_demo
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

AT_ONCE = 20


@dataclass(slots=True)
class TwoProcesses:
    """Two API processes on one store, and the store itself."""

    fleet: Fleet
    here: FleetProcess
    there: FleetProcess
    store: SqliteStore

    async def count(self, collection: str) -> int:
        return await self.store.get_collection(collection).count()

    async def at_once(self, creation: Creation, key: str) -> list[Response]:
        """Send the same request to both processes concurrently, ``AT_ONCE`` times in all."""
        both = (self.here, self.there)
        return await asyncio.gather(*(self.sent(both[n % 2], creation, key) for n in range(AT_ONCE)))

    async def sent(self, member: FleetProcess, creation: Creation, key: str) -> Response:
        """The response, repeated while the address has used up its share of the hashes."""
        while True:
            response = await self.fleet.request(
                member,
                "POST",
                creation.path,
                creation.body,
                key=key,
                token=creation.token,
                address=creation.address,
            )
            if response.status != 429:
                return response
            await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Creation:
    """A creating request, and the collections in which it stores one document each."""

    path: str
    body: dict[str, Any]
    different_fields: dict[str, Any]  # fields that make a different body
    collections: Sequence[str]
    address: str
    token: str = ""


@pytest.fixture
async def two(tmp_path: Path, own_redis_server: EmbeddedRedis) -> AsyncIterator[TwoProcesses]:
    async with AsyncExitStack() as closing:
        emulator = await closing.enter_async_context(running_emulator(tmp_path / "emulator"))
        given = {
            "STRIPE_API_BASE": emulator.base,
            "STRIPE_API_KEY": emulator.settings.api_key,
            "LIMITS_SENSITIVE_PER_MINUTE": "1000000",
            "LIMITS_TEXTS_PER_ADDRESS_PER_HOUR": "1000000",
            "LIMITS_TEXTS_PER_ADDRESS_PER_DAY": "1000000",
        }
        fleet = await closing.enter_async_context(Fleet(tmp_path, own_redis_server, **given))
        fleet.store_path.parent.mkdir(exist_ok=True)
        store = SqliteStore(fleet.store_path)
        for spec in SPECS:
            store.collection(spec)
        await store.open()
        closing.push_async_callback(store.close)
        await seed_demo(store)
        yield TwoProcesses(fleet, await fleet.start("api"), await fleet.start("api"), store)


async def sign_up_creation() -> Creation:
    return Creation("/auth/sign-up", sign_up_body(), {"name": "Somebody Else"}, ("users",), new_address())


async def rescue_creation(two: TwoProcesses) -> Creation:
    """A rider who is about to request a rescue."""
    fleet, here = two.fleet, two.here
    token = await fleet.sign_up(here, new_phone())
    card = {"stripe_payment_method": "pm_card_visa"}
    card_id = (await fleet.request(here, "POST", "/me/payment-methods", card, token=token)).body["id"]
    quote_id = (await fleet.request(here, "POST", "/quotes", quote_body(), token=token)).body["id"]
    body = {"quote_id": quote_id, "payment_method_id": card_id}
    note = {"note": "By the gate"}
    return Creation("/rescues", body, note, ("rescuerequests",), new_address(), token)


async def creations(two: TwoProcesses) -> list[Creation]:
    return [await sign_up_creation(), await rescue_creation(two)]


def created_id(response: Response) -> str:
    assert response.status == 201, response
    return str(response.body["user"]["id"] if "user" in response.body else response.body["id"])


async def test_twenty_concurrent_repeats_to_two_processes_have_one_effect_and_one_response(
    two: TwoProcesses,
) -> None:
    for creation in await creations(two):
        before = [await two.count(name) for name in creation.collections]
        key = uuid.uuid4().hex
        replies = await two.at_once(creation, key)
        assert len({created_id(reply) for reply in replies}) == 1, creation.path
        assert [await two.count(name) for name in creation.collections] == [n + 1 for n in before]
        changed = replace(creation, body=creation.body | creation.different_fields)
        for member in (two.here, two.there):
            refused = await two.sent(member, changed, key)
            assert (refused.status, refused.body["code"]) == (422, "idempotency_key_reused"), creation.path


async def test_a_repeat_after_the_process_died_creates_once(two: TwoProcesses) -> None:
    for creation in await creations(two):
        before = [await two.count(name) for name in (*creation.collections, "idempotency")]
        key = uuid.uuid4().hex
        sending = [asyncio.create_task(two.sent(two.here, creation, key)) for _ in range(AT_ONCE)]

        async def begun(keys: int = before[-1]) -> bool:
            return await two.count("idempotency") > keys

        await wait_until(begun)
        await two.here.kill()
        died = await asyncio.gather(*sending, return_exceptions=True)
        ids = {created_id(response) for response in died if isinstance(response, Response)}
        assert all(isinstance(response, Response | aiohttp.ClientError) for response in died), died
        two.here = await two.fleet.start("api")
        again = {created_id(response) for response in await two.at_once(creation, key)}
        assert len(again) == 1
        assert ids <= again
        assert [await two.count(name) for name in creation.collections] == [n + 1 for n in before[:-1]]
