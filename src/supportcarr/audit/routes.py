"""The HTTP route of the audit log."""

from __future__ import annotations

from supportcarr.audit.schemas import AuditEntry, AuditQuery
from supportcarr.audit.service import AuditLog
from supportcarr.contracts.policies import ADMINS
from supportcarr.contracts.routing import PageResponse, RequestContext, Response, Route


def routes(service: AuditLog) -> list[Route]:
    """Reading the log."""

    async def listed(request: RequestContext[None, AuditQuery]) -> Response:
        query = request.query
        found, next_cursor = await service.find(
            actor=query.actor,
            subject=query.subject,
            person=query.person,
            action=query.action,
            since=query.since,
            until=query.until,
            limit=query.limit,
            cursor=query.cursor,
        )
        return Response(PageResponse([AuditEntry.of(opened) for opened in found], next_cursor))

    return [
        Route(
            method="GET",
            path="/admin/audit-log",
            handler=listed,
            summary="List what operators did, newest first",
            policy=ADMINS,
            tag="operations",
            query=AuditQuery,
            response=PageResponse[AuditEntry],
        )
    ]
