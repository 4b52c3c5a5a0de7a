"""A route becomes hot by one word in its declaration, and nothing that it answers or counts changes."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from support.http.asgi import Request, ask
from support.http.server import Api, Client, new_address, serving
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import DRIVER
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore

JSON = {"content-type": "application/json"}
LIMITS = LimitSettings(user_per_minute=1000, address_per_minute=6)


class Tow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    metres: Annotated[int, Meta(ge=1)]


async def tow(call: RequestContext[Tow, NoQuery]) -> Response:
    if call.path_params["truck_id"] == "none":
        raise NotFound
    return Response({"truck": call.path_params["truck_id"], "metres": call.body.metres}, version=3)


NEW = Route(
    method="POST",
    path="/trucks/{truck_id}/tows",
    handler=tow,
    summary="A new route",
    policy=DRIVER,
    tag="test",
    body=Tow,
    response=dict,
    status=201,
)
HOT = dataclasses.replace(NEW, hot=True)


@pytest.fixture
async def plain(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving([NEW], store=store, redis=redis, limits=LIMITS) as api:
        yield api


@pytest.fixture
async def hot(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving([HOT], store=store, redis=redis, limits=LIMITS) as api:
        yield api


def requests(driver: Client, rider: Client) -> list[Request]:
    body = b'{"metres":12}'
    fine = Request("POST", "/trucks/t1/tows", headers=JSON, body=body, token=driver.token)
    other = dataclasses.replace
    return [
        fine,
        other(fine, path="/trucks/t%20t/tows"),
        other(fine, path="/trucks/none/tows"),
        other(fine, path="/trucks//tows"),
        other(fine, path="/trucks/t1/tows/"),
        other(fine, token=rider.token),
        other(fine, token=None),
        other(fine, token="nonsense"),
        other(fine, body=b'{"metres":0}'),
        other(fine, body=b"{"),
        other(fine, query="x=1"),
        other(fine, headers={"content-type": "text/plain"}),
        other(fine, headers={**JSON, "if-match": '"3"'}),
        other(fine, method="GET"),
        other(fine, method="OPTIONS"),
    ]


def is_in_the_table(api: Api) -> bool:
    return api.gateway._front.find("POST", "/api/v1/trucks/t1/tows") is not None


async def test_the_word_hot_moves_a_route_into_the_table_and_changes_no_answer(plain: Api, hot: Api) -> None:
    assert not is_in_the_table(plain)
    assert is_in_the_table(hot)
    driver, rider = await plain.person("driver"), await plain.person("rider")
    statuses = set()
    for request in requests(driver, rider):
        answers = [await ask(api.gateway, request, new_address()) for api in (plain, hot)]
        assert answers[0] == answers[1], request
        statuses.add(answers[0].status)
    assert statuses == {201, 204, 400, 401, 403, 404, 405, 415, 422}


async def test_a_hot_route_is_limited_counted_and_documented_like_any_other(plain: Api, hot: Api) -> None:
    driver = await plain.person("driver")
    fine = requests(driver, driver)[0]
    for api in (plain, hot):
        address = new_address()
        answers = [await ask(api.gateway, fine, address) for _ in range(LIMITS.address_per_minute + 1)]
        assert [answer.status for answer in answers] == [201] * LIMITS.address_per_minute + [429]
        timings = api.metrics.requests.timings("POST", "/api/v1/trucks/{truck_id}/tows", 201)
        assert sum(timings.counts) == LIMITS.address_per_minute
    documents = [(await api.anonymous().get("//openapi.json")).body["paths"] for api in (plain, hot)]
    assert documents[0]["/trucks/{truck_id}/tows"] == documents[1]["/trucks/{truck_id}/tows"]
