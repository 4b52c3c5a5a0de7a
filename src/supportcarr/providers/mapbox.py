"""Addresses by Mapbox's geocoding API, version 6 (https://docs.mapbox.com/api/search/geocoding/)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import aiohttp
import msgspec

from supportcarr.contracts.geo import GeoPoint
from supportcarr.geocoding.model import FoundPlace
from supportcarr.geocoding.ports import GeocoderUnavailable
from supportcarr.kit.observability import tracing
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker

API = "https://api.mapbox.com"
TEXT_CHARACTERS, TEXT_WORDS = 256, 20  # of the API
ANSWER_BYTES = 256 * 1024
REST_SECONDS = 15.0  # after a failure
ADDRESSES = "address,street"
PLACES = f"{ADDRESSES},block,neighborhood,locality,place,postcode"


class _Properties(msgspec.Struct):
    name: str
    place_formatted: str = ""


class _Geometry(msgspec.Struct):
    coordinates: Annotated[list[float], msgspec.Meta(min_length=2)]  # longitude, latitude


class _Feature(msgspec.Struct):
    properties: _Properties
    geometry: _Geometry


class _Answer(msgspec.Struct):
    features: list[_Feature]


_decode = msgspec.json.Decoder(_Answer).decode


class MapboxGeocoder:
    """Implements ``geocoding.ports.Geocoder``.

    A call that fails is not repeated: the person is typing, and the next letter asks again.  After a failure
    nothing is asked for some seconds.  Answers are not kept: Mapbox's terms allow that only for searches
    with ``permanent``, which an account must have.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str = "",
        referer: str = "",
        timeout_s: float = 2.0,
        permanent: bool = False,
        bounds: tuple[float, float, float, float] | None = None,
    ) -> None:
        """*referer*: the site that the token may be for.  *bounds*: west, south, east, north."""
        self._token = token
        self._base = f"{(api_url or API).rstrip('/')}/search/geocode/v6"
        self._headers = {"Referer": referer} if referer else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._permanent = permanent
        self._bounds = bounds
        self._breaker = CircuitBreaker(REST_SECONDS)
        self._session: aiohttp.ClientSession | None = None

    async def search(
        self, text: str, near: GeoPoint | None, limit: int, language: str
    ) -> Sequence[FoundPlace]:
        words = text.replace(";", " ").split()[:TEXT_WORDS]  # a semicolon would be several searches
        parameters = {
            "q": " ".join(words)[:TEXT_CHARACTERS],
            "autocomplete": "true",
            "types": PLACES,
            "limit": str(limit),
            "language": language,
        }
        if near is not None:
            parameters["proximity"] = f"{near.lng:.5f},{near.lat:.5f}"
        if self._bounds is not None:
            parameters["bbox"] = ",".join(f"{edge:.5f}" for edge in self._bounds)
        return await self._ask("forward", parameters)

    async def around(self, point: GeoPoint, limit: int, language: str) -> Sequence[FoundPlace]:
        parameters = {
            "longitude": f"{point.lng:.6f}",
            "latitude": f"{point.lat:.6f}",
            "types": ADDRESSES if limit > 1 else PLACES,  # of several types it gives one of each
            "language": language,
        }
        return (await self._ask("reverse", parameters))[:limit]

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(self, what: str, parameters: Mapping[str, str]) -> Sequence[FoundPlace]:
        if not self._breaker.allow():
            raise GeocoderUnavailable("it failed a moment ago")
        try:
            with tracing.spanning("mapbox"):
                found = await self._get(f"{self._base}/{what}", parameters)
            answer = _decode(found)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError) as error:
            self._breaker.record_failure()
            # The error's own text may hold the address that was asked for, with the token.
            raise GeocoderUnavailable(type(error).__name__) from None
        except GeocoderUnavailable:
            self._breaker.record_failure()
            raise
        self._breaker.record_success()
        return [_found(feature) for feature in answer.features]

    async def _get(self, url: str, parameters: Mapping[str, str]) -> bytes:
        """Raises ``aiohttp.ClientError``, ``TimeoutError``, ``GeocoderUnavailable``."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, headers=self._headers)
        query = {**parameters, "access_token": self._token}
        if self._permanent:
            query["permanent"] = "true"
        async with self._session.get(url, params=query, allow_redirects=False) as response:
            if response.status != 200:
                raise GeocoderUnavailable(f"status {response.status}")
            try:
                return await response.content.readexactly(ANSWER_BYTES)
            except asyncio.IncompleteReadError as end:
                return end.partial


def _found(feature: _Feature) -> FoundPlace:
    lng, lat = feature.geometry.coordinates[:2]
    properties = feature.properties
    return FoundPlace(properties.name, GeoPoint(lat, lng), "mapbox", properties.place_formatted or None)
