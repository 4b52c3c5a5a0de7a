"""The HTTP routes of privacy."""

from __future__ import annotations

from supportcarr.contracts.actors import Actor, Principal, Role
from supportcarr.contracts.ids import EXPORT
from supportcarr.contracts.policies import OPERATORS, SIGNED_IN
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.privacy.deletions import DeletionService
from supportcarr.privacy.exports import ExportService
from supportcarr.privacy.schemas import DeletionRow, DeletionsQuery, DeletionView, ExportView

ROLES: tuple[Role, ...] = ("rider", "driver", "support", "admin")
ZIP = "application/zip"


def routes(deletions: DeletionService, exports: ExportService) -> list[Route]:
    """Exports and deletion of the caller's own data; for operators the deletions."""
    return [*_export_routes(exports), *_deletion_routes(deletions), *_operator_routes(deletions)]


def _export_routes(exports: ExportService) -> list[Route]:
    async def create(request: RequestContext[None, NoQuery]) -> Response:
        person = request.caller
        export = await exports.request(person.user_id, request.new_id, _actor(person))
        return Response(ExportView.of(export), status=201)

    async def get(request: RequestContext[None, NoQuery]) -> Response:
        export = await exports.get(request.caller.user_id, request.path_params["export_id"])
        return Response(ExportView.of(export))

    async def archive(request: RequestContext[None, NoQuery]) -> Response:
        export_id = request.path_params["export_id"]
        data = await exports.archive(request.caller.user_id, export_id)
        name = f'attachment; filename="supportcarr-{export_id}.zip"'
        return Response(
            data,
            headers=(("Content-Type", ZIP), ("Content-Disposition", name), ("Cache-Control", "no-store")),
        )

    one = "/me/exports/{export_id}"
    return [
        Route(
            method="POST",
            path="/me/exports",
            handler=create,
            summary="Ask for a copy of the caller's data",
            policy=SIGNED_IN,
            tag="account",
            response=ExportView,
            status=201,
            idempotent=True,
            key_optional=True,
            new_id=EXPORT,
            sensitive=True,
        ),
        Route(
            method="GET",
            path=one,
            handler=get,
            summary="Get the state of a copy of the caller's data",
            policy=SIGNED_IN.of("caller"),
            tag="account",
            response=ExportView,
            codes=("not_found",),
        ),
        Route(
            method="GET",
            path=f"{one}/archive",
            handler=archive,
            summary="Download a copy of the caller's data as a ZIP",
            policy=SIGNED_IN.of("caller"),
            tag="account",
            response=bytes,
            codes=("not_found",),
            media_types=(ZIP,),
        ),
    ]


def _deletion_routes(deletions: DeletionService) -> list[Route]:
    async def request_deletion(request: RequestContext[None, NoQuery]) -> Response:
        person = request.caller
        return Response(DeletionView.of(await deletions.request(person.user_id, _actor(person))), status=202)

    async def get(request: RequestContext[None, NoQuery]) -> Response:
        return Response(DeletionView.of(await deletions.waiting(request.caller.user_id)))

    async def cancel(request: RequestContext[None, NoQuery]) -> Response:
        person = request.caller
        await deletions.cancel(person.user_id, _actor(person))
        return Response(status=204)

    return [
        Route(
            method="DELETE",
            path="/me",
            handler=request_deletion,
            summary="Delete the caller's account and data after a grace period, and sign out everywhere",
            policy=SIGNED_IN,
            tag="account",
            response=DeletionView,
            status=202,
            codes=("deletion_blocked",),
            sensitive=True,
        ),
        Route(
            method="GET",
            path="/me/deletion",
            handler=get,
            summary="Get when the caller's account will be erased",
            policy=SIGNED_IN,
            tag="account",
            response=DeletionView,
            codes=("not_found",),
        ),
        Route(
            method="DELETE",
            path="/me/deletion",
            handler=cancel,
            summary="Keep the account after all",
            policy=SIGNED_IN,
            tag="account",
            status=204,
            codes=("not_found",),
        ),
    ]


def _operator_routes(deletions: DeletionService) -> list[Route]:
    async def listed(request: RequestContext[None, DeletionsQuery]) -> Response:
        query = request.query
        if query.person is not None:
            found = await deletions.get(query.person)
            return Response(PageResponse([DeletionRow.of(found)] if found else []))
        page = await deletions.find(query.state, query.limit, query.cursor)
        return Response(PageResponse([DeletionRow.of(d) for d in page.items], page.next_cursor))

    return [
        Route(
            method="GET",
            path="/admin/deletions",
            handler=listed,
            summary="List accounts that are to be deleted, or were",
            policy=OPERATORS,
            tag="operations",
            query=DeletionsQuery,
            response=PageResponse[DeletionRow],
        )
    ]


def _actor(person: Principal) -> Actor:
    """The person, in the first role that they have."""
    return person.acting_as(*ROLES)
