"""HTTP routes of partners: for admins, and for the partners' keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import Forbidden
from supportcarr.contracts.ids import API_KEY, PARTNER
from supportcarr.contracts.policies import ADMINS, partner_key
from supportcarr.contracts.routing import NoQuery, PageQuery, PageResponse, RequestContext, Response, Route
from supportcarr.partners.schemas import (
    CreatedKeyView,
    KeyView,
    NewKey,
    NewPartner,
    PartnerMe,
    PartnerView,
    RotateKey,
)
from supportcarr.partners.service import PartnerService

TAG = "partners"
CHANGE = ADMINS.of("staff").after_step_up()


def routes(service: PartnerService) -> list[Route]:
    """Partners, their keys, and who a key belongs to."""
    return [*_partner_routes(service), *_key_routes(service), *_routes_of_keys(service)]


def _partner_routes(service: PartnerService) -> list[Route]:
    async def create(request: RequestContext[NewPartner, NoQuery]) -> Response:
        name = request.body.name
        partner = await service.create(_admin(request), name, request.origin, request.new_id)
        return Response(PartnerView.of(partner))

    async def listed(request: RequestContext[None, PageQuery]) -> Response:
        page = await service.find(request.query.limit, request.query.cursor)
        return Response(PageResponse([PartnerView.of(p) for p in page.items], page.next_cursor))

    return [
        Route(
            method="POST",
            path="/admin/partners",
            handler=create,
            summary="Create a partner",
            policy=ADMINS.after_step_up(),
            tag=TAG,
            body=NewPartner,
            response=PartnerView,
            status=201,
            idempotent=True,
            key_optional=True,
            new_id=PARTNER,
        ),
        Route(
            method="GET",
            path="/admin/partners",
            handler=listed,
            summary="List partners, newest first",
            policy=ADMINS,
            tag=TAG,
            query=PageQuery,
            response=PageResponse[PartnerView],
        ),
    ]


def _key_routes(service: PartnerService) -> list[Route]:
    async def create(request: RequestContext[NewKey, NoQuery]) -> Response:
        body = request.body
        created = await service.create_key(
            _admin(request),
            request.path_params["partner_id"],
            body.mode,
            body.scopes,
            body.expires_at,
            request.origin,
            request.new_id,
        )
        return Response(CreatedKeyView.of(created))

    async def listed(request: RequestContext[None, NoQuery]) -> Response:
        keys = await service.keys(request.path_params["partner_id"])
        return Response(PageResponse([KeyView.of(key) for key in keys]))

    async def rotate(request: RequestContext[RotateKey, NoQuery]) -> Response:
        partner_id, key_id = request.path_params["partner_id"], request.path_params["key_id"]
        overlap = timedelta(seconds=request.body.overlap_seconds)
        created = await service.rotate_key(_admin(request), partner_id, key_id, overlap, request.origin)
        return Response(CreatedKeyView.of(created))

    async def revoke(request: RequestContext[None, NoQuery]) -> Response:
        partner_id, key_id = request.path_params["partner_id"], request.path_params["key_id"]
        await service.revoke_key(_admin(request), partner_id, key_id, request.origin)
        return Response()

    keys = "/admin/partners/{partner_id}/keys"
    return [
        Route(
            method="POST",
            path=keys,
            handler=create,
            summary="Create a key of a partner; it is shown once",
            policy=CHANGE,
            tag=TAG,
            body=NewKey,
            response=CreatedKeyView,
            status=201,
            codes=("not_found",),
            idempotent=True,
            key_optional=True,
            new_id=API_KEY,
        ),
        Route(
            method="GET",
            path=keys,
            handler=listed,
            summary="List the keys of a partner",
            policy=ADMINS.of("staff"),
            tag=TAG,
            response=PageResponse[KeyView],
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path=f"{keys}/{{key_id}}/rotation",
            handler=rotate,
            summary="Replace a key: the old one works for a while beside the new one",
            policy=CHANGE,
            tag=TAG,
            body=RotateKey,
            response=CreatedKeyView,
            codes=("not_found", "key_not_usable"),
        ),
        Route(
            method="DELETE",
            path=f"{keys}/{{key_id}}",
            handler=revoke,
            summary="Revoke a key at once",
            policy=CHANGE,
            tag=TAG,
            codes=("not_found",),
        ),
    ]


def _routes_of_keys(service: PartnerService) -> list[Route]:
    async def me(request: RequestContext[None, NoQuery]) -> Response:
        caller = request.caller
        if caller.partner_id is None or caller.key_id is None:
            raise Forbidden
        partner = await service.partner(caller.partner_id)
        key = await service.key(partner.id, caller.key_id)
        return Response(PartnerMe(PartnerView.of(partner), KeyView.of(key)))

    return [
        Route(
            method="GET",
            path="/partner/me",
            handler=me,
            summary="Get whose key this is and what it may do",
            policy=partner_key("account:read"),
            tag=TAG,
            response=PartnerMe,
        )
    ]


def _admin(request: RequestContext[Any, Any]) -> Actor:
    return request.caller.acting_as("admin")
