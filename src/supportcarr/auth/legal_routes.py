"""HTTP route of the terms and the privacy notice."""

from __future__ import annotations

import msgspec

from supportcarr.auth.legal_documents import LegalDocument, LegalDocuments
from supportcarr.contracts.languages import Language
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route


class LegalQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: Language = "en"


def routes(documents: LegalDocuments) -> list[Route]:
    """Read a text."""

    async def read(request: RequestContext[None, LegalQuery]) -> Response:
        document = documents.document(request.path_params["document"], request.query.language)
        return Response(document)

    return [
        Route(
            method="GET",
            path="/legal-documents/{document}",
            handler=read,
            summary="Read the terms of use (`terms`) or the privacy notice (`privacy`)",
            policy=ANYONE,
            tag="account",
            query=LegalQuery,
            response=LegalDocument,
            codes=("not_found",),
            shared_seconds=60,
        )
    ]
