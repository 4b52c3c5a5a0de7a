"""Web apps keep their refresh token in a cookie of their own; pages of other origins cannot use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import pytest

from support.http.server import PASSWORD, Api, Client, Reply, serving
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore

PARTNER = "https://apps.supportcarr.example"


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving(store=store, redis=redis, allowed_origins=PARTNER) as running:
        yield running


class Browser:
    """One cookie jar, shared by the apps of one origin."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}
        self.stored: list[str] = []

    async def post(self, app: str, path: str, body: object = None, **headers: str) -> Reply:
        sent = {
            "x-supportcarr-app": app,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = await self.client.post(path, body, headers=sent)
        self.stored = reply.headers.getall("set-cookie", [])
        for name, morsel in (item for header in self.stored for item in SimpleCookie(header).items()):
            self.cookies[name] = morsel.value
            if morsel["max-age"] == "0":
                del self.cookies[name]
        return reply


@pytest.fixture
async def browser(api: Api) -> Browser:
    return Browser(api.anonymous())


async def credentials(api: Api, *roles: str) -> dict[str, str]:
    person = await api.person(*roles)
    return {"phone": (await person.get("/me")).body["phone"], "password": PASSWORD}


async def test_the_refresh_token_is_in_a_cookie_that_no_script_reads(api: Api, browser: Browser) -> None:
    reply = await browser.post("admin", "/auth/sign-in", await credentials(api, "admin"))
    assert (reply.status, "refresh_token" in reply.body) == (200, False)
    name, _, attributes = browser.stored[0].partition("=")
    assert name == "__Host-supportcarr-admin"
    for attribute in ("Path=/", "HttpOnly", "Secure", "SameSite=Strict", f"Max-Age={30 * 86_400}"):
        assert f"; {attribute}" in attributes
    first = dict(browser.cookies)
    refreshed = await browser.post("admin", "/auth/refresh", {})
    assert (refreshed.status, "refresh_token" in refreshed.body) == (200, False)
    assert browser.cookies != first, "rotated"
    browser.client.token = refreshed.body["access_token"]
    assert (await browser.client.get("/me")).status == 200
    assert (await browser.post("admin", "/auth/sign-out")).status == 204
    assert browser.cookies == {}


async def test_scripts_read_that_there_is_a_session_and_nothing_else(api: Api, browser: Browser) -> None:
    reply = await browser.post("rider", "/auth/sign-in", await credentials(api, "rider"))
    [mark] = [header for header in browser.stored if "HttpOnly" not in header]
    kept = f"Path=/; Max-Age={30 * 86_400}; SameSite=Strict; Secure"
    assert mark == f"__Host-supportcarr-rider-signed-in=1; {kept}"
    browser.cookies = {name: value for name, value in browser.cookies.items() if name.endswith("-signed-in")}
    assert (await browser.post("rider", "/auth/refresh", {})).status == 401, "it opens nothing"
    browser.client.token = reply.body["access_token"]
    assert (await browser.post("rider", "/auth/sign-out")).status == 204
    assert browser.cookies == {}


async def test_each_app_has_a_session_of_its_own(api: Api, browser: Browser) -> None:
    for app, role in (("rider", "rider"), ("driver", "driver"), ("admin", "support")):
        reply = await browser.post(app, "/auth/sign-in", await credentials(api, role))
        assert reply.status == 200
    users = set()
    for app in ("rider", "driver", "admin"):
        reply = await browser.post(app, "/auth/refresh", {})
        assert reply.status == 200
        users.add(reply.body["user"]["id"])
    assert len(users) == 3
    browser.client.token = reply.body["access_token"]
    await browser.post("admin", "/auth/sign-out")
    assert (await browser.post("admin", "/auth/refresh", {})).status == 401
    assert (await browser.post("rider", "/auth/refresh", {})).status == 200


async def test_signing_in_again_ends_the_session_that_the_cookie_had(api: Api, browser: Browser) -> None:
    who = await credentials(api, "rider")
    await browser.post("rider", "/auth/sign-in", who)
    before = dict(browser.cookies)
    await browser.post("rider", "/auth/sign-in", who)
    browser.cookies = before
    assert (await browser.post("rider", "/auth/refresh", {})).status == 401


async def test_a_cookie_without_the_header_opens_nothing(api: Api, browser: Browser) -> None:
    await browser.post("rider", "/auth/sign-in", await credentials(api, "rider"))
    cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    forged = await browser.client.post("/auth/refresh", {}, headers=cookie)
    assert (forged.status, forged.body["errors"][0]["field"]) == (422, "refresh_token")
    assert (await browser.client.get("/me", headers=cookie)).status == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://[", "é"])
async def test_a_page_of_another_origin_cannot_use_the_cookie(
    api: Api, browser: Browser, origin: str
) -> None:
    await browser.post("rider", "/auth/sign-in", await credentials(api, "rider"))
    refused = await browser.post("rider", "/auth/refresh", {}, origin=origin)
    assert (refused.status, refused.code) == (403, "origin_refused")
    assert "access-control-allow-origin" not in refused.headers
    assert (await browser.post("rider", "/auth/refresh", {}, origin=api.url)).status == 200


async def test_wrong_apps_and_tokens_in_both_places_are_refused(api: Api, browser: Browser) -> None:
    wrong = await browser.post("partner", "/auth/refresh", {})
    assert (wrong.status, wrong.code) == (400, "invalid_header")
    both = await browser.post("rider", "/auth/refresh", {"refresh_token": "x"})
    assert (both.status, both.body["errors"][0]["code"]) == (422, "not_allowed")
    assert (await browser.post("rider", "/auth/refresh", {})).status == 401


async def test_declared_origins_may_use_the_api_and_others_may_not(api: Api) -> None:
    client, ours = api.anonymous(), {"origin": PARTNER}
    ask = {"access-control-request-method": "PATCH", "access-control-request-headers": "authorization"}
    allowed = await client.send("OPTIONS", "/me", headers={**ours, **ask})
    assert allowed.status == 204
    assert allowed.headers["access-control-allow-origin"] == PARTNER
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "PATCH" in allowed.headers["access-control-allow-methods"]
    assert "X-Supportcarr-App" in allowed.headers["access-control-allow-headers"]
    error = await client.get("/me", headers=ours)
    assert (error.status, error.headers["access-control-allow-origin"]) == (401, PARTNER)
    assert "ETag" in error.headers["access-control-expose-headers"]
    assert error.headers["vary"] == "origin"
    for other in ("https://evil.example", api.url, "null"):
        refused = await client.send("OPTIONS", "/me", headers={"origin": other, **ask})
        assert not [name for name in refused.headers if name.lower().startswith("access-control")]
