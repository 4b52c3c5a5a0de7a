"""HTTP routes of two-factor sign-in and step-ups."""

from __future__ import annotations

from supportcarr.auth.errors import TotpCodeWrong
from supportcarr.auth.schemas import AccessRenewed, TotpCode, TotpConfirmation, TotpConfirmed, TotpSecret
from supportcarr.auth.service import AuthService
from supportcarr.auth.totp_service import TotpService
from supportcarr.contracts.policies import ADMINS, BEFORE_TOTP, SIGNED_IN
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route

TAG = "auth"


def routes(totp: TotpService, auth: AuthService, access_seconds: int) -> list[Route]:
    """Enrolment, confirmation, removal, step-up."""

    async def enrol(request: RequestContext[None, NoQuery]) -> Response:
        enrolment = await totp.enrol(request.caller.user_id)
        return Response(TotpSecret(enrolment.secret, enrolment.uri))

    async def confirm(request: RequestContext[TotpConfirmation, NoQuery]) -> Response:
        codes, token = await totp.confirm(request.caller, request.body.code, request.origin)
        return Response(TotpConfirmed(codes, token, "Bearer", access_seconds))

    async def remove(request: RequestContext[None, NoQuery]) -> Response:
        caller = request.caller
        by = caller.operator or caller.acting_as("rider", "driver")
        await totp.remove(caller.user_id, by, request.origin)
        await auth.sign_out_everywhere(caller.user_id)
        return Response()

    async def reset(request: RequestContext[None, NoQuery]) -> Response:
        user_id = request.path_params["user_id"]
        await auth.user(user_id)
        if await totp.is_enrolled(user_id):  # else it is a repeat
            await auth.sign_out_everywhere(user_id)  # first: after a crash the request is repeated
            await totp.remove(user_id, request.caller.acting_as("admin"), request.origin)
        return Response()

    async def step_up(request: RequestContext[TotpCode, NoQuery]) -> Response:
        try:
            token = await totp.step_up(request.caller, request.body.totp_code)
        except TotpCodeWrong:
            user = await auth.user(request.caller.user_id)
            auth.note_failure(user, "auth.totp_failed", request.origin)
            raise
        return Response(AccessRenewed(token, "Bearer", access_seconds))

    return [
        Route(
            method="POST",
            path="/auth/totp",
            handler=enrol,
            summary="Get a new TOTP secret, which counts once it is confirmed",
            policy=BEFORE_TOTP,
            tag=TAG,
            response=TotpSecret,
            codes=("totp_already_enrolled",),
            sensitive=True,
        ),
        Route(
            method="POST",
            path="/auth/totp/confirmation",
            handler=confirm,
            summary="Confirm the new TOTP secret with a code of it, and get recovery codes",
            policy=BEFORE_TOTP,
            tag=TAG,
            body=TotpConfirmation,
            response=TotpConfirmed,
            codes=("totp_not_enrolled", "totp_already_enrolled", "totp_code_wrong", "conflict"),
            sensitive=True,
        ),
        Route(
            method="DELETE",
            path="/auth/totp",
            handler=remove,
            summary="Remove the TOTP secret and the recovery codes, and sign out everywhere",
            policy=SIGNED_IN.after_step_up(),
            tag=TAG,
            codes=("totp_not_enrolled",),
        ),
        Route(
            method="DELETE",
            path="/admin/users/{user_id}/totp",
            handler=reset,
            summary="Remove another's TOTP secret and recovery codes, and sign them out everywhere",
            policy=ADMINS.of("staff").after_step_up(),
            tag="operations",
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path="/auth/step-up",
            handler=step_up,
            summary="Confirm with a fresh TOTP code that it is really the account's owner, for five minutes",
            policy=BEFORE_TOTP,
            tag=TAG,
            body=TotpCode,
            response=AccessRenewed,
            codes=("totp_not_enrolled", "totp_code_wrong", "conflict"),
            sensitive=True,
        ),
    ]
