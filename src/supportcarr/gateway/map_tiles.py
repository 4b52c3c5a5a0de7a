"""The tiles of the imported region: one PMTiles file, which browsers read in pieces (RFC 9110, Range)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route
from supportcarr.gateway.pages import AnyQuery
from supportcarr.gateway.problems import RangeNotSatisfiable

PATH = "/map/streets.pmtiles"
PART_BYTES_MAX = 4 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# Its address names the version, so that a part never changes.
_CACHING = "public, max-age=2592000, immutable"

TilesFile = Callable[[], tuple[Path, str] | None]


def map_routes(tiles: TilesFile) -> list[Route]:
    """*tiles* gives the file and its version; ``None`` while no region is imported."""

    async def part(context: RequestContext[None, AnyQuery]) -> Response:
        found = await asyncio.to_thread(tiles)
        if found is None:
            raise NotFound
        path, version = found
        size = path.stat().st_size
        first, last = _part_of(context.headers.get("range", ""), size)
        body = await asyncio.to_thread(_read, path, first, last - first + 1)
        return Response(
            body,
            status=206,
            headers=(
                ("content-type", "application/vnd.pmtiles"),
                ("content-range", f"bytes {first}-{last}/{size}"),
                ("accept-ranges", "bytes"),
                ("cache-control", _CACHING),
                ("etag", f'"{version}"'),
            ),
        )

    return [
        Route(
            method="GET",
            path=PATH,
            handler=part,
            summary="Get a part of the map's tiles",
            policy=ANYONE,
            tag="pages",
            query=AnyQuery,
            response=bytes,
        )
    ]


def _part_of(header: str, size: int) -> tuple[int, int]:
    """First and last byte that a Range header asks for.

    Raises ``RangeNotSatisfiable``, also without the header: the whole file may be hundreds of megabytes.
    """
    asked = _RANGE.fullmatch(header.replace(" ", ""))
    if asked is None or asked[0] == "bytes=-":
        raise RangeNotSatisfiable("Ask for one part, such as Range: bytes=0-16383")
    start, end = asked.groups()
    first = int(start) if start else max(0, size - int(end))
    last = min(size - 1, int(end)) if start and end else size - 1
    if first > last:
        raise RangeNotSatisfiable(f"The file has {size} bytes")
    if last - first >= PART_BYTES_MAX:
        raise RangeNotSatisfiable(f"A part has at most {PART_BYTES_MAX} bytes")
    return first, last


def _read(path: Path, first: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(first)
            return file.read(length)
    except FileNotFoundError:  # the map was removed
        raise NotFound from None
