"""The HTTP route to which the provider of text messages reports what became of them."""

from __future__ import annotations

from supportcarr.auth.code_texts import CodeTexts
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route

STATUS_PATH = "/webhooks/twilio/status"
SIGNATURE_HEADER = "x-twilio-signature"


def routes(texts: CodeTexts) -> list[Route]:
    """Twilio's status callback."""

    async def receive(request: RequestContext[bytes, NoQuery]) -> Response:
        await texts.receive_report(request.body, request.headers.get(SIGNATURE_HEADER))
        return Response(status=204)

    return [
        Route(
            method="POST",
            path=STATUS_PATH,
            handler=receive,
            summary="Receive the status of a text message from Twilio",
            policy=ANYONE,
            tag="webhooks",
            body=bytes,
            status=204,
            codes=("signature_not_valid",),
        )
    ]
