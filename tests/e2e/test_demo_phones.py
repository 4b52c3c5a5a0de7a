"""The links that ``supportcarr demo`` prints: a visitor is served as a rider, and gets work as a driver."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from support.platform.demo import Demo, running_demo

CITY = ("--visitors", "--riders", "3", "--drivers", "5", "--speed", "30")
OFFERS = "SUPPORTCARR_DISPATCH_OFFER_SECONDS=240"  # this city is fast: 8 seconds
APPS = {"rider": "rider", "driver": "driver", "console": "admin"}
PATHS = {"rider": "/", "driver": "/driver/", "console": "/admin"}
PICKUP = {"lat": 45.5236, "lng": -73.5770}
HERE = {"lat": 45.5300, "lng": -73.5800}
WITHIN_S = 80.0

pytestmark = pytest.mark.xdist_group("demo")


class Phone:
    """A browser that opens one link, and the app in it."""

    def __init__(self, http: aiohttp.ClientSession, demo: Demo, who: str) -> None:
        self._http, self._demo, self._who = http, demo, who
        self.base = f"http://127.0.0.1:{demo.port}"
        self._token = ""

    def key(self) -> str:
        found = re.search(rf"{self.base}/sandbox/{self._who}#(\S+)", self._demo.output)
        assert found, self._demo.output
        return found[1]

    async def post_key(self, key: str) -> aiohttp.ClientResponse:
        sandbox = f"http://127.0.0.1:{self._demo.port + 2}"
        response = await self._http.post(f"{sandbox}/sandbox/sign-in", json={"who": self._who, "key": key})
        await response.read()
        return response

    async def open(self) -> Phone:
        """Follow the link; the session is the app's own, in its cookie."""
        async with self._http.get(f"{self.base}/sandbox/{self._who}") as page:
            assert (page.status, page.content_type) == (200, "text/html")
        key = self.key()

        async def signed_in() -> aiohttp.ClientResponse | None:
            response = await self.post_key(key)
            assert response.status in (200, 503)
            return response if response.status == 200 else None

        response = await until(signed_in)
        assert (await response.json())["url"] == self.base + PATHS[self._who]
        stored = response.headers.getall("set-cookie")
        assert sorted("HttpOnly" in cookie for cookie in stored) == [False, True], "the session, and its mark"
        cookies = "; ".join(cookie.partition(";")[0] for cookie in stored)
        headers = {"cookie": cookies, "x-supportcarr-app": APPS[self._who]}
        body = {"nonce": uuid4().hex}
        async with self._http.post(f"{self.base}/api/v1/auth/refresh", json=body, headers=headers) as session:
            assert session.status == 200
            self._token = (await session.json())["access_token"]
        return self

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self._token}"}
        if path == "/rescues" and method == "POST":
            headers["idempotency-key"] = uuid4().hex
        url = f"{self.base}/api/v1{path}"
        async with self._http.request(method, url, json=body, headers=headers) as response:
            assert response.status < 300, (path, await response.text())
            return await response.json() if response.content_length else None


async def until(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """The first result of *attempt* that is not empty."""
    async with asyncio.timeout(WITHIN_S):
        while not (result := await attempt()):
            await asyncio.sleep(0.25)
        return result


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def test_a_visitor_is_served_as_a_rider_and_gets_work_as_a_driver(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """One start for all of it: each costs seconds of CPU."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".env").write_text(OFFERS)
    with running_demo(tmp_path / "data", *CITY) as demo:
        await asyncio.to_thread(demo.wait_for_output, "Open a link")
        await _wrong_keys_open_nothing(http, demo)
        rider, driver, console = [await Phone(http, demo, who).open() for who in APPS]
        assert "admin" in (await console.call("GET", "/me"))["roles"]
        await _is_driven_home(rider)
        await _gets_work(driver)
        assert demo_file(demo).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) == 0
        logs = (demo.data / "supportcarr.log").read_text()
        assert rider.key() not in logs, "a link's key is in the log"
    assert '"key": ""' in demo_file(demo).read_text(), "the links of a demo that has ended still work"


def demo_file(demo: Demo) -> Path:
    return demo.data / "simulator-phones.json"


async def _wrong_keys_open_nothing(http: aiohttp.ClientSession, demo: Demo) -> None:
    phone = await Phone(http, demo, "rider").open()
    for key in ("", "x" * 22, phone.key()[:-1]):
        response = await phone.post_key(key)
        assert response.status == 403
        assert "set-cookie" not in response.headers


async def _is_driven_home(rider: Phone) -> None:
    """The visitor asks, and does nothing more: a driver comes, hears the PIN, and delivers."""
    (card,) = (await rider.call("GET", "/me/payment-methods"))["items"]
    asked = {"kind": "rescue", "problem": "flat_tire", "pickup": PICKUP, "dropoff": HERE}
    quote = await rider.call("POST", "/quotes", asked)
    body = {"quote_id": quote["id"], "payment_method_id": card["id"]}
    path = f"/rescues/{(await rider.call('POST', '/rescues', body))['id']}"

    async def ended() -> Any:
        rescue = await rider.call("GET", path)
        assert rescue["status"] not in ("cancelled", "no_show", "unserved", "rejected", "aborted"), rescue
        return rescue if rescue["status"] == "completed" else None

    await until(ended)
    timeline = (await rider.call("GET", f"{path}/timeline"))["items"]
    assert "in_transit" in [entry["to"] for entry in timeline]
    await rider.call("POST", f"{path}/rating", {"stars": 5, "reasons": []})


async def _gets_work(driver: Phone) -> None:
    """The visitor goes online, and a simulated rider asks; the PIN is in the chat."""
    (vehicle,) = (await driver.call("GET", "/me/vehicles"))["items"]

    async def reported(place: dict[str, float]) -> bool:
        at = (await driver.call("GET", "/clock"))["city_time"]
        result = await driver.call("POST", "/me/positions", [{**place, "accuracy": 5.0, "at": at}])
        return bool(result["accepted"])

    async def report(place: dict[str, float]) -> None:
        await until(lambda: reported(place))  # a truck cannot be there in no time

    await report(HERE)
    await driver.call("PUT", "/me/availability", {"online": True, "vehicle_id": vehicle["id"]})
    accepted: list[Any] = []

    async def accept() -> bool:
        await report(HERE)
        for offer in (await driver.call("GET", "/me/offers"))["items"]:
            await driver.call("POST", f"/offers/{offer['id']}/acceptance")
            accepted.append(offer)
        return bool(accepted)

    await until(accept)
    path = f"/rescues/{accepted[0]['rescue_id']}"
    await driver.call("POST", f"{path}/departure")
    await report(accepted[0]["pickup"])
    await driver.call("POST", f"{path}/arrival")

    async def pin() -> str | None:
        messages = (await driver.call("GET", f"{path}/messages"))["items"]
        found = [match[1] for one in messages if (match := re.search(r"PIN is (\d{4})", one["text"]))]
        return found[0] if found else None

    await driver.call("POST", f"{path}/start", {"pin": await until(pin)})
    await report(accepted[0]["dropoff"])
    await driver.call("POST", f"{path}/completion", {"outcome": "delivered"})
