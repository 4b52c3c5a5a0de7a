"""Auth's HTTP routes for passwords."""

from __future__ import annotations

from supportcarr.auth.account_routes import CODE_REQUESTED, renewed
from supportcarr.auth.password_service import PasswordService
from supportcarr.auth.schemas import (
    ChangePassword,
    CodeRequested,
    RenewedAccess,
    RequestPasswordReset,
    ResetPassword,
)
from supportcarr.contracts.limits import TEXTS
from supportcarr.contracts.policies import ANYONE, SIGNED_IN
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route


def routes(service: PasswordService) -> list[Route]:
    """Change a password, or reset it by SMS."""

    async def change(request: RequestContext[ChangePassword, NoQuery]) -> Response:
        caller, body = request.caller, request.body
        return renewed(
            await service.change(
                caller.user_id,
                caller.session_id,
                body.current_password,
                body.new_password,
                address=request.client_address,
            )
        )

    async def request_reset(request: RequestContext[RequestPasswordReset, NoQuery]) -> Response:
        await service.request_reset(request.body.phone, address=request.client_address)
        return Response(CODE_REQUESTED)

    async def reset(request: RequestContext[ResetPassword, NoQuery]) -> Response:
        body = request.body
        await service.reset(body.phone, body.code, body.password, address=request.client_address)
        return Response()

    return [
        Route(
            method="PUT",
            path="/auth/password",
            handler=change,
            summary="Change the caller's password; the caller's other sessions end",
            policy=SIGNED_IN,
            tag="auth",
            body=ChangePassword,
            response=RenewedAccess,
            sensitive=True,
        ),
        Route(
            method="POST",
            path="/auth/password-resets",
            handler=request_reset,
            summary="Have a code for a new password sent to the phone of an account",
            policy=ANYONE,
            tag="auth",
            body=RequestPasswordReset,
            response=CodeRequested,
            status=202,
            sensitive=True,
            limits=(TEXTS,),
        ),
        Route(
            method="POST",
            path="/auth/password-resets/confirmation",
            handler=reset,
            summary="Choose a new password with the code; all sessions of the account end",
            policy=ANYONE,
            tag="auth",
            body=ResetPassword,
            codes=("code_wrong", "code_ended"),
            sensitive=True,
        ),
    ]
