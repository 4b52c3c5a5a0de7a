"""The routes of pages: the built web apps, the OpenAPI document, redirects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route
from supportcarr.gateway.static_files import StaticFiles

DOCS = "/docs"  # the API reference: large and seldom read


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


def app_routes(
    apps: Mapping[str, Path],
    headers: tuple[tuple[str, str], ...],
    docs_headers: tuple[tuple[str, str], ...],
) -> list[Route]:
    """The built single-page apps by path (``{"/admin": folder}``); that at ``DOCS`` has headers of its
    own, and its files are not kept in memory.

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
            return await files.respond(name, context, docs_headers if at == DOCS else headers)

        return [
            _page(at, show, f"Show the app at {at}"),
            _page(f"{at.rstrip('/')}/{{path:path}}", show, "Get a file of the app"),
        ]

    return [
        route for at, folder in apps.items() for route in routes_of(at, StaticFiles(folder, keep=at != DOCS))
    ]


def _is_page(name: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser opens it as a page; names of files (``.env``, ``backup.zip``) are none."""
    return "." not in name and "text/html" in headers.get("accept", "")


def openapi_routes(document: Callable[[], bytes]) -> list[Route]:
    """``/openapi.json``, from which the app at ``/docs`` shows the API reference.

    *document* makes the OpenAPI document.  It is called once, in a thread, when somebody first asks: it takes
    a good part of a second and leaves megabytes behind, and most processes are never asked.
    """
    made: list[asyncio.Future[bytes]] = []

    async def openapi(_: RequestContext[None, AnyQuery]) -> Response:
        if not made:
            made.append(asyncio.ensure_future(asyncio.to_thread(document)))
        return Response(
            await asyncio.shield(made[0]),
            headers=(("cache-control", "no-cache"), ("content-type", "application/json")),
        )

    return [_page("/openapi.json", openapi, "Get the OpenAPI document")]


def redirect_routes(redirects: Mapping[str, str]) -> list[Route]:
    """Redirects by path (``{"/": "/admin"}``); a path that ends in ``{path:path}`` goes on at the target."""

    def to(target: str) -> object:
        async def redirect(context: RequestContext[None, RedirectQuery]) -> Response:
            number = context.query.to
            rest = context.path_params.get("path")
            place = target if rest is None else f"{target}/{quote(rest.strip('/'))}"
            location = place if number is None else f"{place}?{urlencode({'to': number})}"
            return Response(b"", status=302, headers=(("location", location), ("cache-control", "no-cache")))

        return redirect

    return [
        _page(path, to(target), f"Redirect to {target}", RedirectQuery) for path, target in redirects.items()
    ]
