"""HTTP routes of drivers' documents: their upload, and the operators' review of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from supportcarr.contracts.errors import Forbidden, NotFound, ValidationFailed
from supportcarr.contracts.policies import DRIVER, OPERATORS
from supportcarr.contracts.routing import NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.drivers.driver_documents.model import RULES, DriverDocument
from supportcarr.drivers.driver_documents.schemas import DocumentIn, DocumentOut, DocumentReviewIn
from supportcarr.drivers.driver_documents.service import DriverDocumentService, UploadDocument
from supportcarr.drivers.model import DocumentKind


def document_routes(service: DriverDocumentService) -> list[Route]:
    """The routes of documents."""

    async def put_document(request: RequestContext[DocumentIn, NoQuery]) -> Response:
        driver, kind = request.caller, request.path_params["kind"]
        if kind not in RULES:
            raise NotFound(f"There is no such kind; there are {', '.join(RULES)}")
        document = await service.upload(
            driver.acting_as("driver"),
            driver.user_id,
            cast(DocumentKind, kind),
            UploadDocument(**msgspec.structs.asdict(request.body)),
        )
        [view] = await views(service, [document])
        return Response(view)

    async def list_documents(request: RequestContext[None, NoQuery]) -> Response:
        driver_id = request.caller.user_id
        found = (await service.current([driver_id]))[driver_id]
        return Response(PageResponse(await views(service, found)))

    async def review(request: RequestContext[DocumentReviewIn, NoQuery]) -> Response:
        operator, body = request.caller.operator, request.body
        if operator is None:
            raise Forbidden
        if body.decision == "reject" and body.reason is None:
            raise ValidationFailed.of("reason", "required", "Tell the driver why")
        document = await service.review(
            operator,
            request.path_params["document_id"],
            body.decision,
            body.reason,
            if_match=request.if_match,
            origin=request.origin,
        )
        [view] = await views(service, [document])
        return Response(view, version=document.version)

    return [
        Route(
            method="GET",
            path="/me/driver-documents",
            handler=list_documents,
            summary="List the driver's current documents",
            policy=DRIVER,
            tag="drivers",
            response=PageResponse[DocumentOut],
        ),
        Route(
            method="PUT",
            path="/me/driver-documents/{kind}",
            handler=put_document,
            summary="Send a document of that kind for review, in place of one that was not approved",
            policy=DRIVER.of("caller").when_verified(),
            tag="drivers",
            body=DocumentIn,
            response=DocumentOut,
            codes=("illegal_transition", "not_found"),
        ),
        Route(
            method="POST",
            path="/admin/documents/{document_id}/review",
            handler=review,
            summary="Approve or reject a driver's document",
            policy=OPERATORS.of("staff"),
            tag="operations",
            body=DocumentReviewIn,
            response=DocumentOut,
            codes=("illegal_transition", "not_found", "stale_version"),
            if_match=True,
        ),
    ]


async def views(service: DriverDocumentService, documents: Sequence[DriverDocument]) -> list[DocumentOut]:
    """The documents with links to their files."""
    links = await service.links(documents)
    return [DocumentOut.of(document, links) for document in documents]
