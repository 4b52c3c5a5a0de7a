"""HTTP routes of applications: the driver's own, and the operators' queue and decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.errors import Forbidden
from supportcarr.contracts.policies import DRIVER, OPERATORS
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.drivers.applications import commands
from supportcarr.drivers.applications.schemas import (
    ApplicationsQuery,
    ApprovalIn,
    ReasonIn,
    RefusalIn,
    WaitingOut,
)
from supportcarr.drivers.checks.schemas import checks_for_driver, checks_for_operators
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.commands import Apply
from supportcarr.drivers.driver_documents.routes import views
from supportcarr.drivers.driver_documents.schemas import DocumentOut
from supportcarr.drivers.driver_documents.service import DriverDocumentService
from supportcarr.drivers.model import DriverProfile, attention_of
from supportcarr.drivers.schemas import ApplicationIn, ApplicationOut, DriverOut
from supportcarr.drivers.service import DriverService


def application_routes(
    service: DriverService, documents: DriverDocumentService, checks: DriverCheckService
) -> list[Route]:
    """The routes of applications."""
    return [
        *_own_routes(service, documents, checks),
        *_list_routes(service, documents, checks),
        *_decision_routes(service, documents, checks),
    ]


async def _driver_views(
    service: DriverService,
    documents: DriverDocumentService,
    checks: DriverCheckService,
    profiles: Sequence[DriverProfile],
) -> list[DriverOut]:
    """Drivers as operators see them, with links to their documents, and their checks."""
    ids = [profile.id for profile in profiles]
    found, checked = await asyncio.gather(documents.current(ids), checks.of(ids))
    links = await documents.links(document for uploaded in found.values() for document in uploaded)
    names = await asyncio.gather(*(service.name(profile.id) for profile in profiles))
    return [
        DriverOut.of(
            profile,
            name,
            service.missing_requirements(profile),
            [DocumentOut.of(document, links) for document in found[profile.id]],
            checks_for_operators(checks, checked[profile.id]),
        )
        for profile, name in zip(profiles, names, strict=True)
    ]


def _own_routes(
    service: DriverService, documents: DriverDocumentService, checks: DriverCheckService
) -> list[Route]:
    """The driver's routes."""

    async def application(profile: DriverProfile) -> Response:
        uploaded = (await documents.current([profile.id]))[profile.id]
        return Response(
            ApplicationOut.of(
                profile,
                service.missing_requirements(profile),
                await views(documents, uploaded),
                checks_for_driver((await checks.of([profile.id]))[profile.id]),
            ),
            version=profile.version,
        )

    async def get_application(request: RequestContext[None, NoQuery]) -> Response:
        return await application(await service.open_profile(request.caller.user_id))

    async def put_application(request: RequestContext[ApplicationIn, NoQuery]) -> Response:
        driver = request.caller
        command = Apply(**msgspec.structs.asdict(request.body))
        return await application(
            await service.apply(_driver(driver), driver.user_id, command, if_match=request.if_match)
        )

    async def submit(request: RequestContext[None, NoQuery]) -> Response:
        driver = request.caller
        return await application(await service.submit(_driver(driver), driver.user_id))

    return [
        Route(
            method="GET",
            path="/me/driver-application",
            handler=get_application,
            summary="Get the driver's application and what it still lacks",
            policy=DRIVER,
            tag="drivers",
            response=ApplicationOut,
        ),
        Route(
            method="PUT",
            path="/me/driver-application",
            handler=put_application,
            summary="Update the driver's application",
            policy=DRIVER.when_verified(),
            tag="drivers",
            body=ApplicationIn,
            response=ApplicationOut,
            codes=("illegal_transition", "stale_version"),
            if_match=True,
        ),
        Route(
            method="POST",
            path="/me/driver-application/submission",
            handler=submit,
            summary="Submit the application for review",
            policy=DRIVER.when_verified(),
            tag="drivers",
            response=ApplicationOut,
            codes=("application_incomplete", "illegal_transition"),
        ),
    ]


def _list_routes(
    service: DriverService, documents: DriverDocumentService, checks: DriverCheckService
) -> list[Route]:
    """The operators' views."""

    async def list_applications(request: RequestContext[None, ApplicationsQuery]) -> Response:
        query, state = request.query, request.query.state
        if state is None:
            page = await service.find(None, query.limit, query.cursor, in_review=True)
        elif state == "approved" or state == "suspended":
            page = await service.find(state, query.limit, query.cursor)
        else:
            waits = state in ("submitted", "in_review")
            page = await service.find(None, query.limit, query.cursor, in_review=waits, stage=state)
        return Response(
            PageResponse(await _driver_views(service, documents, checks, page.items), page.next_cursor)
        )

    async def count_waiting(request: RequestContext[None, NoQuery]) -> Response:
        return Response(WaitingOut(*await service.waiting()))

    async def get_driver(request: RequestContext[None, NoQuery]) -> Response:
        profile, operator = await service.profile(request.path_params["driver_id"]), request.caller.operator
        [view] = await _driver_views(service, documents, checks, [profile])
        if operator is not None and (profile.documents or any(check.at for check in view.checks or ())):
            await documents.read_by(operator, profile.id, request.origin)
        return Response(view, version=profile.version)

    return [
        Route(
            method="GET",
            path="/admin/driver-applications",
            handler=list_applications,
            summary="List applications of drivers",
            policy=OPERATORS,
            tag="operations",
            query=ApplicationsQuery,
            response=PageResponse[DriverOut],
        ),
        Route(
            method="GET",
            path="/admin/driver-applications/waiting",
            handler=count_waiting,
            summary="Count the drivers of whom something waits for an operator",
            policy=OPERATORS,
            tag="operations",
            response=WaitingOut,
        ),
        Route(
            method="GET",
            path="/admin/drivers/{driver_id}",
            handler=get_driver,
            summary="Get a driver",
            policy=OPERATORS.of("staff"),
            tag="operations",
            response=DriverOut,
            codes=("not_found",),
        ),
    ]


def _decision_routes(
    service: DriverService, documents: DriverDocumentService, checks: DriverCheckService
) -> list[Route]:
    """The operators' decisions."""

    async def decide(request: RequestContext[Any, NoQuery], command: commands.Command) -> Response:
        actor = request.caller.operator
        if actor is None:
            raise Forbidden
        profile = await service.review(
            actor,
            request.path_params["driver_id"],
            command,
            if_match=request.if_match,
            origin=request.origin,
        )
        [view] = await _driver_views(service, documents, checks, [profile])
        return Response(view, version=profile.version)

    async def take_up(request: RequestContext[None, NoQuery]) -> Response:
        return await decide(request, commands.TakeUp())

    async def approve(request: RequestContext[ApprovalIn | None, NoQuery]) -> Response:
        body = request.body or ApprovalIn()
        profile = await service.profile(request.path_params["driver_id"])
        unclear: tuple[str, ...] = ()
        # Of an approved driver only the papers are reviewed, and checks that have ended since.
        if profile.approval != "approved" or "check" in attention_of(profile):
            unclear = await checks.require_reason(profile.id, body.override_reason)
        command = commands.Approve(
            reason=body.reason, override_reason=body.override_reason, unclear_checks=unclear
        )
        return await decide(request, command)

    async def refuse(request: RequestContext[RefusalIn, NoQuery]) -> Response:
        body = request.body
        if body.fields:
            return await decide(
                request, commands.RequestChanges(reason=body.reason, fields=tuple(body.fields))
            )
        return await decide(request, commands.Reject(reason=body.reason))

    async def suspend(request: RequestContext[ReasonIn | None, NoQuery]) -> Response:
        return await decide(request, commands.Suspend(reason=_reason(request)))

    async def reinstate(request: RequestContext[ReasonIn | None, NoQuery]) -> Response:
        return await decide(request, commands.Reinstate(reason=_reason(request)))

    def route(
        method: Any, name: str, handler: Any, summary: str, body: Any, codes: tuple[str, ...] = ()
    ) -> Route:
        return Route(
            method=method,
            path=f"/admin/drivers/{{driver_id}}/{name}",
            handler=handler,
            summary=summary,
            policy=OPERATORS.of("staff"),
            tag="operations",
            body=body,
            response=DriverOut,
            codes=(*codes, "illegal_transition", "not_found", "stale_version"),
            if_match=True,
        )

    return [
        route("POST", "review", take_up, "Take up the review of a driver's application", None),
        route(
            "POST",
            "approval",
            approve,
            "Approve a driver, with the papers in review",
            ApprovalIn | None,
            ("checks_not_clear", "documents_not_approved"),
        ),
        route("POST", "rejection", refuse, "Reject an application, or ask for corrections", RefusalIn),
        route(
            "POST", "suspension", suspend, "Suspend an approved driver and take them offline", ReasonIn | None
        ),
        route(
            "DELETE",
            "suspension",
            reinstate,
            "End a driver's suspension",
            ReasonIn | None,
            ("documents_not_approved",),
        ),
    ]


def _reason(request: RequestContext[ReasonIn | None, NoQuery]) -> str | None:
    return request.body.reason if request.body is not None else None


def _driver(driver: Principal) -> Actor:
    return driver.acting_as("driver")
