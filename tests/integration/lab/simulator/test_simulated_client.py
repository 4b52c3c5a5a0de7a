"""The HTTP half of a simulated app: sessions, retries, keys."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from support.simulator.fake_city import FakeCity
from supportcarr_lab.simulator.client import (
    ApiClient,
    ApiUnreachable,
    RequestRejected,
    SessionTokens,
    new_idempotency_key,
)
from supportcarr_lab.simulator.http_stats import HttpStats

VEHICLE = {"type": "pickup", "make": "Ford", "model": "F-150", "colour": "blue", "plate": "FL1"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeCity]:
    async with FakeCity() as city:
        yield city


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Caller:
    """A client that is signed up, with what it counted and which sessions it was given."""

    def __init__(self, fake: FakeCity, http: aiohttp.ClientSession, role: str) -> None:
        self.tally = HttpStats()
        self.sessions: list[SessionTokens] = []
        self.role = role
        self.api = ApiClient(
            http, fake.base_url, address="10.9.8.7", stats=self.tally, on_tokens=self.sessions.append
        )

    async def sign_up(self) -> ApiClient:
        body = {"phone": "+15144010001", "password": "x", "name": "Ana Roy", "role": self.role}
        self.api.use_session(
            await self.api.request(
                "POST", "/auth/sign-up", body, key=new_idempotency_key(), authenticated=False
            )
        )
        return self.api


async def test_every_request_comes_from_the_clients_own_address(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    await Caller(fake, http, "rider").sign_up()
    assert fake.addresses == {"10.9.8.7"}


async def test_an_access_token_that_has_ended_is_renewed_once_and_the_call_repeated(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    caller = Caller(fake, http, "driver")
    api = await caller.sign_up()
    fake.access_tokens_end_after = 1
    assert (await api.get("/me/vehicles")) == {"items": []}
    assert len(caller.sessions) == 2
    assert caller.sessions[0].access != caller.sessions[1].access
    assert caller.sessions[1].user_id == caller.sessions[0].user_id


async def test_a_session_that_has_ended_is_refused(fake: FakeCity, http: aiohttp.ClientSession) -> None:
    api = await Caller(fake, http, "driver").sign_up()
    fake.tokens.clear()
    with pytest.raises(RequestRejected) as refusal:
        await api.get("/me/vehicles")
    assert (refusal.value.status, refusal.value.code) == (401, "unauthenticated")


async def test_a_call_is_repeated_with_the_same_key_until_it_is_answered(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    caller = Caller(fake, http, "rider")
    api = await caller.sign_up()
    card = await api.post("/me/payment-methods", {"stripe_payment_method": "pm_card_visa"})
    quote = await api.post("/quotes", {"kind": "rescue"})
    fake.fail = [503, 500]
    body = {"quote_id": quote["id"], "payment_method_id": card["id"]}
    rescue = await api.post("/rescues", body, key=new_idempotency_key())
    assert list(fake.rescues) == [rescue["id"]]
    assert (caller.tally.refused_503, caller.tally.errors_5xx) == (1, 1)


async def test_what_must_not_be_repeated_is_tried_once(fake: FakeCity, http: aiohttp.ClientSession) -> None:
    api = await Caller(fake, http, "driver").sign_up()
    fake.fail = [500]
    with pytest.raises(ApiUnreachable):
        await api.post("/me/vehicles", VEHICLE, retry_for_s=0)
    assert len((await api.get("/me/vehicles"))["items"]) == 1, "it was carried out, once"


async def test_a_refusal_is_told_with_its_code_and_not_repeated(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    caller = Caller(fake, http, "rider")
    api = await caller.sign_up()
    before = caller.tally.requests
    with pytest.raises(RequestRejected, match="not_found"):
        await api.get("/me/nothing-like-it")
    assert caller.tally.requests == before + 1


async def test_nobody_there_is_counted_as_failed(fake: FakeCity, http: aiohttp.ClientSession) -> None:
    caller = Caller(fake, http, "rider")
    await fake.__aexit__()
    with pytest.raises(ApiUnreachable):
        await caller.api.request("GET", "/clock", retry_for_s=0.2, authenticated=False)
    assert caller.tally.failed >= 1
    assert caller.tally.summary().p50_ms is None
