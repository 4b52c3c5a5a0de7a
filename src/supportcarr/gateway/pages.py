"""Pages: the built web apps, the API's reference, redirects, and the headers that protect them."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route

REFERENCE = Path(__file__).parent / "reference"
_COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest")
_YEAR = "public, max-age=31536000, immutable"
_SMALLEST_COMPRESSED = 1024  # bytes; below, a header costs more than is won


class AnyQuery(msgspec.Struct, frozen=True):
    """A page does not mind what is in its query."""


def page_headers(
    realtime_url: str, content_sources: Sequence[str] = (), code_sources: Sequence[str] = ()
) -> tuple[tuple[str, str], ...]:
    """The headers of every page.

    The policy lets the map's workers run (blob:), and connects to us and to the real-time edge only;
    *content_sources* are the origins of a foreign map style, its tiles and fonts, *code_sources* those
    of a map library that is loaded from its maker (Mapbox; it wants to see who refers to it, too).
    """
    edge = urlsplit(realtime_url)
    sockets = f"{'wss' if edge.scheme == 'https' else 'ws'}://{edge.netloc}"
    foreign = "".join(f" {source}" for source in content_sources)
    code = "".join(f" {source}" for source in code_sources)
    policy = (
        "default-src 'self'",
        f"script-src 'self'{code}",
        "worker-src 'self' blob:",
        "child-src blob:",
        f"style-src 'self' 'unsafe-inline'{code}",  # the map library sets styles on its elements
        f"img-src 'self' data: blob:{foreign}",
        f"font-src 'self' data:{foreign}",
        f"connect-src 'self' {edge.scheme}://{edge.netloc} {sockets}{foreign}",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return (
        ("content-security-policy", "; ".join(policy)),
        ("referrer-policy", "strict-origin-when-cross-origin" if code else "no-referrer"),
        ("x-frame-options", "DENY"),
        ("permissions-policy", "geolocation=(self), camera=(self), microphone=()"),
        ("cross-origin-opener-policy", "same-origin"),
    )


@dataclass(slots=True)
class _File:
    body: bytes
    media_type: str
    compressed: bytes | None = None

    @property
    def compressible(self) -> bool:
        return len(self.body) >= _SMALLEST_COMPRESSED and self.media_type.startswith(_COMPRESSED)


class Bundle:
    """A folder of built files, read into memory when the process starts.

    What is not among them cannot be asked for, whatever a path looks like.
    """

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, _File] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file():
                media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                if media_type.startswith("text/") or media_type.endswith("javascript"):
                    media_type += "; charset=utf-8"
                self._files[path.relative_to(folder).as_posix()] = _File(path.read_bytes(), media_type)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    async def answer(
        self, name: str, call: RequestContext[None, AnyQuery], headers: tuple[tuple[str, str], ...]
    ) -> Response:
        """One file.  Names below ``assets/`` carry a hash of their content and never change."""
        file = self._files.get(name)
        if file is None:
            raise NotFound
        caching = _YEAR if name.startswith("assets/") else "no-cache"
        headers = (*headers, ("content-type", file.media_type), ("cache-control", caching))
        if not file.compressible:
            return Response(file.body, headers=headers)
        headers = (*headers, ("vary", "accept-encoding"))
        if "gzip" not in call.headers.get("accept-encoding", ""):
            return Response(file.body, headers=headers)
        if file.compressed is None:
            file.compressed = await asyncio.to_thread(gzip.compress, file.body, 6, mtime=0)
        return Response(file.compressed, headers=(*headers, ("content-encoding", "gzip")))


def _page(path: str, handle: object, summary: str) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handle,  # type: ignore[arg-type]  # the calls of pages have a query of their own
        summary=summary,
        policy=ANYONE,
        tag="pages",
        query=AnyQuery,
        response=bytes,
    )


def app_routes(apps: Mapping[str, Path], headers: tuple[tuple[str, str], ...]) -> list[Route]:
    """The built single-page apps, by the path they live under (``{"/admin": folder}``).

    A path that is no file is the app's own affair and gets ``index.html``; a missing asset is 404.
    """

    def routes_of(at: str, bundle: Bundle) -> list[Route]:
        async def show(call: RequestContext[None, AnyQuery]) -> Response:
            name = call.path_params.get("path", "").strip("/")
            if name not in bundle and not name.startswith("assets/"):
                name = "index.html"
            return await bundle.answer(name, call, headers)

        return [
            _page(at, show, f"Show the app at {at}"),
            _page(f"{at.rstrip('/')}/{{path:path}}", show, "Get a file of the app"),
        ]

    return [route for at, folder in apps.items() for route in routes_of(at, Bundle(folder))]


def reference_routes(document: bytes, headers: tuple[tuple[str, str], ...]) -> list[Route]:
    """``/openapi.json``, and ``/docs``: the reference, drawn from it in the browser, without internet."""
    bundle = Bundle(REFERENCE)

    async def openapi(_: RequestContext[None, AnyQuery]) -> Response:
        return Response(
            document, headers=(("cache-control", "no-cache"), ("content-type", "application/json"))
        )

    async def docs(call: RequestContext[None, AnyQuery]) -> Response:
        return await bundle.answer(call.path_params.get("name", "index.html"), call, headers)

    return [
        _page("/openapi.json", openapi, "Get the OpenAPI document"),
        _page("/docs", docs, "Show the API reference"),
        _page("/docs/{name}", docs, "Get a file of the app"),
    ]


def redirect_routes(redirects: Mapping[str, str]) -> list[Route]:
    """Pages that are elsewhere for now (``{"/": "/admin"}``)."""

    def to(target: str) -> object:
        async def lead(_: RequestContext[None, AnyQuery]) -> Response:
            return Response(b"", status=302, headers=(("location", target), ("cache-control", "no-cache")))

        return lead

    return [_page(path, to(target), f"Redirect to {target}") for path, target in redirects.items()]
