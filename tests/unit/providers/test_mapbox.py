"""Addresses by Mapbox, against the emulator of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web

from supportcarr.contracts.geo import GeoPoint
from supportcarr.geocoding.ports import GeocoderUnavailable
from supportcarr.providers.mapbox import MapboxGeocoder
from supportcarr_lab.emulators.mapbox.api import MapboxBehaviour, MapboxEmulator

PLATEAU = GeoPoint(45.5264, -73.5797)


@dataclass
class Server:
    """The emulator over HTTP, with what it was asked."""

    behaviour: MapboxBehaviour = field(default_factory=MapboxBehaviour)
    queries: list[dict[str, str]] = field(default_factory=list)
    referers: list[str | None] = field(default_factory=list)
    base: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        self.referers.append(request.headers.get("referer"))
        answer = MapboxEmulator(self.behaviour).handle(request.path, dict(request.query), self.base)
        return web.Response(body=answer.body, status=answer.status, content_type=answer.media_type)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    server, app = Server(), web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest_asyncio.fixture
async def geocoder(server: Server) -> AsyncIterator[MapboxGeocoder]:
    geocoder = MapboxGeocoder(
        "pk.1", api_url=server.base, referer="https://sc.example", bounds=(-74, 45, -73, 46)
    )
    yield geocoder
    await geocoder.close()


async def test_an_address_is_found_near_the_person(server: Server, geocoder: MapboxGeocoder) -> None:
    found = await geocoder.search("12; rue ra", PLATEAU, 5, "fr")
    assert [(one.label, one.detail, one.source) for one in found] == [
        ("12 Rue Rachel Est", "Montréal, Québec, Canada", "mapbox")
    ]
    assert server.queries == [
        {
            "q": "12 rue ra",
            "access_token": "pk.1",
            "autocomplete": "true",
            "types": "address,street,block,neighborhood,locality,place,postcode",
            "limit": "5",
            "language": "fr",
            "proximity": "-73.57970,45.52640",
            "bbox": "-74.00000,45.00000,-73.00000,46.00000",
        }
    ]
    assert server.referers == ["https://sc.example"]


async def test_the_address_of_a_point(geocoder: MapboxGeocoder) -> None:
    [found] = await geocoder.around(PLATEAU, 1, "en")
    assert (found.label, found.point) == ("100 Avenue du Mont-Royal Est", PLATEAU)
    assert list(await geocoder.around(GeoPoint(0.0, 0.0), 1, "en")) == []


@pytest.mark.parametrize("behaviour", [MapboxBehaviour(outage=True), MapboxBehaviour(refuse_token=True)])
async def test_after_a_failure_it_is_not_asked_for_a_while(
    server: Server, geocoder: MapboxGeocoder, behaviour: MapboxBehaviour
) -> None:
    server.behaviour = behaviour
    for _ in range(3):
        with pytest.raises(GeocoderUnavailable):
            await geocoder.search("rue", None, 5, "en")
    assert len(server.queries) == 1


async def test_an_error_names_neither_the_token_nor_the_address(server: Server) -> None:
    nobody = MapboxGeocoder("pk.secret", api_url="http://127.0.0.1:1")
    with pytest.raises(GeocoderUnavailable) as failed:
        await nobody.search("12 private street", None, 5, "en")
    assert "pk.secret" not in str(failed.value)
    assert "private" not in str(failed.value)
    await nobody.close()
