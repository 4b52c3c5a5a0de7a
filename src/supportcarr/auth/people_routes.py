"""HTTP routes with which operators find accounts, change their roles and ban them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from supportcarr.auth import phones
from supportcarr.auth.model import User
from supportcarr.auth.people import PeopleService
from supportcarr.auth.ports import ErasureTimes, ViewLog
from supportcarr.auth.service import AuthService
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.policies import ADMINS, OPERATORS
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route

TAG = "operations"
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
        examples=["Joined the support team"],
    ),
]


class UsersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``q``: a whole phone number, an id, or words of a name, of which the first three letters do; of names
    the 20 newest accounts are listed.  Without it the operators."""

    q: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class ChangeRoles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``roles``: all roles that the account has afterwards."""

    roles: Annotated[list[Literal["rider", "driver", "support", "admin"]], Meta(max_length=4)]
    reason: Reason


class BanBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class AdminUserView(msgspec.Struct, frozen=True):
    """An account as operators see it; ``phone_masked`` shows the last digits only."""

    id: str
    name: str
    phone_masked: str
    phone_verified: bool
    roles: tuple[str, ...]
    created_at: datetime
    banned_at: datetime | None = None
    erase_at: Annotated[
        datetime | None, Meta(description="city time at which the account will be erased, as its owner asked")
    ] = None

    @classmethod
    def of(cls, user: User, erase_at: datetime | None) -> AdminUserView:
        phone = phones.masked(user.phone)
        return cls(
            user.id, user.name, phone, user.verified, user.roles, user.created_at, user.banned_at, erase_at
        )


def routes(people: PeopleService, auth: AuthService, erasures: ErasureTimes, views: ViewLog) -> list[Route]:
    """Users, their roles, their bans."""

    async def shown(user: User) -> AdminUserView:
        return AdminUserView.of(user, await erasures.erase_at(user.id))

    async def view(user: User) -> Response:
        return Response(await shown(user), version=user.version)

    async def listed(request: RequestContext[None, UsersQuery]) -> Response:
        found = await people.find(request.query.q)
        if request.query.q is not None:
            for user in found:
                await viewed(request, user)
        return Response(PageResponse([await shown(user) for user in found]))

    async def get(request: RequestContext[None, NoQuery]) -> Response:
        user = await auth.user(request.path_params["user_id"])
        await viewed(request, user)
        return await view(user)

    async def viewed(request: RequestContext[Any, Any], user: User) -> None:
        await views.viewed(actor(request), "users.read", user.id, person_id=user.id, origin=request.origin)

    async def change_roles(request: RequestContext[ChangeRoles, NoQuery]) -> Response:
        by, body = actor(request), request.body
        user_id = request.path_params["user_id"]
        return await view(await people.set_roles(by, user_id, body.roles, body.reason, request.origin))

    async def ban(request: RequestContext[BanBody, NoQuery]) -> Response:
        user_id = request.path_params["user_id"]
        return await view(await people.ban(actor(request), user_id, request.body.reason, request.origin))

    async def lift_ban(request: RequestContext[None, NoQuery]) -> Response:
        return await view(
            await people.lift_ban(actor(request), request.path_params["user_id"], request.origin)
        )

    one = "/admin/users/{user_id}"
    return [
        Route(
            method="GET",
            path="/admin/users",
            handler=listed,
            summary="Find accounts by phone number, id or name, or list the operators",
            policy=OPERATORS,
            tag=TAG,
            query=UsersQuery,
            response=PageResponse[AdminUserView],
        ),
        Route(
            method="GET",
            path=one,
            handler=get,
            summary="Get an account",
            policy=OPERATORS.of("staff"),
            tag=TAG,
            response=AdminUserView,
            codes=("not_found",),
        ),
        Route(
            method="PUT",
            path=f"{one}/roles",
            handler=change_roles,
            summary="Set the roles of an account",
            policy=ADMINS.of("staff").after_step_up(),
            tag=TAG,
            body=ChangeRoles,
            response=AdminUserView,
            codes=("not_found", "own_roles", "last_admin", "conflict"),
        ),
        Route(
            method="POST",
            path=f"{one}/ban",
            handler=ban,
            summary="Ban a person and sign them out everywhere",
            policy=OPERATORS.of("staff").after_step_up(),
            tag=TAG,
            body=BanBody,
            response=AdminUserView,
            codes=("not_found", "operator_not_banned"),
        ),
        Route(
            method="DELETE",
            path=f"{one}/ban",
            handler=lift_ban,
            summary="Lift the ban of a person",
            policy=OPERATORS.of("staff").after_step_up(),
            tag=TAG,
            response=AdminUserView,
            codes=("not_found",),
        ),
    ]


def actor(request: RequestContext[Any, Any]) -> Actor:
    return request.caller.acting_as("admin", "support")
