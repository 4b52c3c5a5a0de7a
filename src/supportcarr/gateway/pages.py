"""The routes of pages: the built web apps, the API reference, redirects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route
from supportcarr.gateway.static_files import StaticFiles

REFERENCE = Path(__file__).parent / "reference"


class AnyQuery(msgspec.Struct, frozen=True):
    """Accepts any query parameters, because pages ignore them."""


class RedirectQuery(msgspec.Struct, frozen=True):
    """What a redirect passes on, if it is given; it ignores every other parameter."""

    to: str | None = None  # a phone number


def _page(path: str, handle: object, summary: str, query: type = AnyQuery) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handle,  # type: ignore[arg-type]  # pages have a query type of their own
        summary=summary,
        policy=ANYONE,
        tag="pages",
        query=query,
        response=bytes,
    )


def app_routes(apps: Mapping[str, Path], headers: tuple[tuple[str, str], ...]) -> list[Route]:
    """The built single-page apps by path (``{"/admin": folder}``).

    A path that names no file is a route of the app and gets ``index.html``; a missing asset is 404.  The app
    at ``/`` has no prefix of its own, so there only what a browser opens as a page can be a route of it.
    """

    def routes_of(at: str, files: StaticFiles) -> list[Route]:
        async def show(context: RequestContext[None, AnyQuery]) -> Response:
            name = context.path_params.get("path", "").strip("/")
            if name not in files and not name.startswith("assets/"):
                if at == "/" and name and not _is_page(name, context.headers):
                    raise NotFound("There is nothing at this path")
                name = "index.html"
            return await files.respond(name, context, headers)

        return [
            _page(at, show, f"Show the app at {at}"),
            _page(f"{at.rstrip('/')}/{{path:path}}", show, "Get a file of the app"),
        ]

    return [route for at, folder in apps.items() for route in routes_of(at, StaticFiles(folder))]


def _is_page(name: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser opens it as a page; names of files (``.env``, ``backup.zip``) are none."""
    return "." not in name and "text/html" in headers.get("accept", "")


def reference_routes(document: Callable[[], bytes], headers: tuple[tuple[str, str], ...]) -> list[Route]:
    """``/openapi.json``, and ``/docs``: the reference, rendered from it in the browser without external
    files.

    *document* makes the OpenAPI document.  It is called once, in a thread, when somebody first asks: it takes
    a good part of a second and leaves megabytes behind, and most processes are never asked.
    """
    files = StaticFiles(REFERENCE)
    made: list[asyncio.Future[bytes]] = []

    async def openapi(_: RequestContext[None, AnyQuery]) -> Response:
        if not made:
            made.append(asyncio.ensure_future(asyncio.to_thread(document)))
        return Response(
            await asyncio.shield(made[0]),
            headers=(("cache-control", "no-cache"), ("content-type", "application/json")),
        )

    async def docs(context: RequestContext[None, AnyQuery]) -> Response:
        return await files.respond(context.path_params.get("name", "index.html"), context, headers)

    return [
        _page("/openapi.json", openapi, "Get the OpenAPI document"),
        _page("/docs", docs, "Show the API reference"),
        _page("/docs/{name}", docs, "Get a file of the app"),
    ]


def redirect_routes(redirects: Mapping[str, str]) -> list[Route]:
    """Redirects by path (``{"/": "/admin"}``)."""

    def to(target: str) -> object:
        async def redirect(context: RequestContext[None, RedirectQuery]) -> Response:
            number = context.query.to
            location = target if number is None else f"{target}?{urlencode({'to': number})}"
            return Response(b"", status=302, headers=(("location", location), ("cache-control", "no-cache")))

        return redirect

    return [
        _page(path, to(target), f"Redirect to {target}", RedirectQuery) for path, target in redirects.items()
    ]
