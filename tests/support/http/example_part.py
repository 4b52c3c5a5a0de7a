"""An example part for tests of the gateway: widgets that are created, read, moved and rejected."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound, StaleVersion
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.policies import ADMINS, ANYONE, DRIVER, OPERATORS, RIDER, SIGNED_IN, Policy
from supportcarr.contracts.routing import Handler, Method, NoQuery, RequestContext, Response, Route
from supportcarr.kit.store.port import CollectionSpec, DuplicateKey, Store, StoreUnavailable, VersionConflict
from supportcarr.kit.store.update import update


class Widget(Document, frozen=True, kw_only=True):
    owner: str
    label: str
    lat: float
    lng: float


WIDGETS = CollectionSpec("widgets", Widget)


class NewWidget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: Annotated[str, Meta(min_length=1, max_length=20)]
    at: GeoPoint
    count: int = 1


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: GeoPoint


class Near(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: float
    wide: bool = False


class Seen(msgspec.Struct, frozen=True):
    lat: float
    lng: float
    wide: bool


def widget_routes(store: Store) -> list[Route]:
    """One route of each kind that the gateway handles differently."""
    widgets = store.collection(WIDGETS)

    async def create(call: RequestContext[NewWidget, NoQuery]) -> Response:
        assert call.new_id is not None
        if call.body.label == "refused":
            raise Conflict("The label is refused")
        widget = Widget(
            id=call.new_id,
            owner=call.caller.user_id,
            label=call.body.label,
            lat=call.body.at.lat,
            lng=call.body.at.lng,
        )
        try:
            widget = await widgets.insert(widget)
        except DuplicateKey:
            widget = await found(call.new_id)
        return Response(widget, version=widget.version)

    async def found(widget_id: str) -> Widget:
        widget = await widgets.get(widget_id)
        if widget is None:
            raise NotFound
        return widget

    async def read(call: RequestContext[None, NoQuery]) -> Response:
        widget = await found(call.path_params["widget_id"])
        return Response(widget, version=widget.version)

    async def count(_: RequestContext[None, NoQuery]) -> Response:
        return Response({"count": await widgets.count()})

    async def move(call: RequestContext[Move, NoQuery]) -> Response:
        def moved(widget: Widget) -> tuple[Widget, PendingEvents | None]:
            if call.if_match is not None and call.if_match != widget.version:
                raise StaleVersion
            return msgspec.structs.replace(widget, lat=call.body.at.lat, lng=call.body.at.lng), None

        widget = await update(widgets, call.path_params["widget_id"], moved)
        return Response(widget, version=widget.version)

    async def near(call: RequestContext[None, Near]) -> Response:
        return Response(Seen(call.query.lat, call.query.lng, call.query.wide))

    async def pay(call: RequestContext[None, NoQuery]) -> Response:
        assert call.new_id is None
        return Response({"paid": True})

    async def take(call: RequestContext[bytes, NoQuery]) -> Response:
        return Response({"bytes": len(call.body)})

    async def who(call: RequestContext[None, NoQuery]) -> Response:
        return Response(
            {"user": call.principal.user_id if call.principal else None, "address": call.client_address}
        )

    async def fail(call: RequestContext[None, NoQuery]) -> Response:
        if call.path_params["how"] == "store":
            raise StoreUnavailable("the disk is full")
        if call.path_params["how"] == "race":
            raise VersionConflict("lost three times")
        if call.path_params["how"] == "cancelled":  # the future that it awaits is cancelled elsewhere
            given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(given_up.cancel, "a secret in a message")
            await given_up
        raise RuntimeError("a secret in a message")

    return [
        _route(
            "POST",
            "/widgets",
            create,
            RIDER,
            body=NewWidget,
            response=Widget,
            status=201,
            idempotent=True,
            new_id="wdg",
        ),
        _route("GET", "/widgets/{widget_id}", read, SIGNED_IN.of("caller"), response=Widget),
        _route("GET", "/widgets/count", count, SIGNED_IN, response=dict),
        _route(
            "PATCH",
            "/widgets/{widget_id}",
            move,
            RIDER.of("caller"),
            body=Move,
            response=Widget,
            if_match=True,
        ),
        _route(
            "POST",
            "/widgets/{widget_id}/moves",
            move,
            RIDER.of("caller"),
            body=Move,
            response=Widget,
            if_match=True,
        ),
        _route("POST", "/widgets/{widget_id}/tip", pay, RIDER.of("caller"), response=dict, idempotent=True),
        _route("GET", "/near", near, ANYONE, query=Near, response=Seen),
        _route("POST", "/hooks", take, ANYONE, body=bytes, response=dict),
        _route("GET", "/who", who, ANYONE, response=dict),
        _route("GET", "/fail/{how}", fail, ANYONE, response=dict),
        _route("POST", "/guarded", who, ANYONE, response=dict, sensitive=True),
        _route("GET", "/for/drivers", who, DRIVER, response=dict),
        _route("GET", "/for/operators", who, OPERATORS, response=dict),
        _route("GET", "/for/admins", who, ADMINS, response=dict),
    ]


def _route(method: Method, path: str, handle: Handler, policy: Policy, **rest: Any) -> Route:
    return Route(
        method=method, path=path, handler=handle, policy=policy, summary="A test", tag="widgets", **rest
    )
