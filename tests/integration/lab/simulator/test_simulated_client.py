"""The HTTP client of a simulated person: sessions, retries, idempotency keys."""

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
    """A signed-up client with its statistics and the sessions that it was given."""

    def __init__(self, fake: FakeCity, http: aiohttp.ClientSession, role: str) -> None:
        self.stats = HttpStats()
        self.sessions: list[SessionTokens] = []
        self.role = role
        self.api = ApiClient(
            http, fake.base_url, address="10.9.8.7", stats=self.stats, on_tokens=self.sessions.append
        )

    async def sign_up(self) -> ApiClient:
        body = {"phone": "+15144010001", "password": "x", "name": "Ana Roy", "role": self.role}
        self.api.use_session(
            await self.api.request(
                "POST", "/auth/sign-up", body, key=new_idempotency_key(), authenticated=False
            )
        )
        return self.api


async def test_every_request_has_the_client_s_own_address(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    await Caller(fake, http, "rider").sign_up()
    assert fake.addresses == {"10.9.8.7"}


async def test_an_expired_access_token_is_refreshed_once_and_the_request_retried(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    caller = Caller(fake, http, "driver")
    api = await caller.sign_up()
    fake.access_tokens_end_after = 1
    assert (await api.get("/me/vehicles")) == {"items": []}
    assert len(caller.sessions) == 2
    assert caller.sessions[0].access != caller.sessions[1].access
    assert caller.sessions[1].user_id == caller.sessions[0].user_id


async def test_a_request_with_an_ended_session_is_rejected(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    api = await Caller(fake, http, "driver").sign_up()
    fake.tokens.clear()
    with pytest.raises(RequestRejected) as error:
        await api.get("/me/vehicles")
    assert (error.value.status, error.value.code) == (401, "unauthenticated")


async def test_a_request_is_retried_with_the_same_key_until_it_succeeds(
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
    assert (caller.stats.refused_503, caller.stats.errors_5xx) == (1, 1)


async def test_a_request_without_retries_is_sent_once(fake: FakeCity, http: aiohttp.ClientSession) -> None:
    api = await Caller(fake, http, "driver").sign_up()
    fake.fail = [500]
    with pytest.raises(ApiUnreachable):
        await api.post("/me/vehicles", VEHICLE, retry_for_s=0)
    assert len((await api.get("/me/vehicles"))["items"]) == 1, "it was carried out, once"


async def test_a_rejection_has_its_code_and_is_not_retried(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    caller = Caller(fake, http, "rider")
    api = await caller.sign_up()
    before = caller.stats.requests
    with pytest.raises(RequestRejected, match="not_found"):
        await api.get("/me/nothing-like-it")
    assert caller.stats.requests == before + 1


async def test_an_unreachable_server_is_counted_as_failed(
    fake: FakeCity, http: aiohttp.ClientSession
) -> None:
    caller = Caller(fake, http, "rider")
    await fake.__aexit__()
    with pytest.raises(ApiUnreachable):
        await caller.api.request("GET", "/clock", retry_for_s=0.2, authenticated=False)
    assert caller.stats.failed >= 1
    assert caller.stats.summary().p50_ms is None
