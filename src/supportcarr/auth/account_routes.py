"""Auth's HTTP routes for signing up, verifying a phone, and roles."""

from __future__ import annotations

from supportcarr.auth.codes import LIFETIME
from supportcarr.auth.legal_documents import LegalDocuments
from supportcarr.auth.phone_change import PhoneChange
from supportcarr.auth.registration import NewAccount, Registration, Renewal, check_new_account
from supportcarr.auth.routes import device_in, signed_in
from supportcarr.auth.schemas import (
    AccountView,
    AddRole,
    ChangePhone,
    CodeRequested,
    RenewedAccess,
    SignedIn,
    SignUp,
    UserOut,
    VerifyPhone,
)
from supportcarr.contracts.errors import FieldChecks
from supportcarr.contracts.limits import TEXTS
from supportcarr.contracts.policies import ANYONE, SIGNED_IN
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route

CODE_REQUESTED = CodeRequested(int(LIFETIME.total_seconds()))


def renewed(renewal: Renewal) -> Response:
    """The account and its new access token."""
    body = RenewedAccess(
        user=UserOut.of(renewal.user),
        access_token=renewal.access_token,
        token_type="Bearer",  # noqa: S106 - RFC 6750's name of the type, no secret
        expires_in=renewal.expires_in,
    )
    return Response(body, version=renewal.user.version)


def routes(registration: Registration, phone_change: PhoneChange, legal: LegalDocuments) -> list[Route]:
    """Sign-up and what follows it."""

    async def sign_up(request: RequestContext[SignUp, NoQuery]) -> Response:
        assert request.new_id is not None  # the route declares a prefix
        body = request.body
        new = NewAccount(body.phone, body.password, body.name, body.role, body.language, body.accepted_terms)
        checks = FieldChecks()
        checks.run(lambda: check_new_account(new))
        checks.run(lambda: legal.check_accepted(new.accepted_terms, required=request.web_app is not None))
        checks.done()
        grant = await registration.sign_up(
            request.new_id, new, address=request.client_address, device=device_in(request)
        )
        return signed_in(grant, request)

    async def verify(request: RequestContext[VerifyPhone, NoQuery]) -> Response:
        caller, address = request.caller, request.client_address
        return renewed(
            await registration.verify_phone(
                caller.user_id, caller.session_id, request.body.code, address=address
            )
        )

    async def request_code(request: RequestContext[None, NoQuery]) -> Response:
        await registration.request_code(request.caller.user_id, address=request.client_address)
        return Response(CODE_REQUESTED)

    async def add_role(request: RequestContext[AddRole, NoQuery]) -> Response:
        caller = request.caller
        return renewed(await registration.add_role(caller.user_id, caller.session_id, request.body.role))

    async def request_phone(request: RequestContext[ChangePhone, NoQuery]) -> Response:
        caller, body = request.caller, request.body
        await phone_change.request(
            caller.user_id, caller.session_id, body.phone, body.password, address=request.client_address
        )
        return Response(CODE_REQUESTED)

    async def confirm_phone(request: RequestContext[VerifyPhone, NoQuery]) -> Response:
        user = await phone_change.confirm(
            request.caller.user_id, request.body.code, address=request.client_address
        )
        return Response(AccountView.of(user), version=user.version)

    return [
        Route(
            method="POST",
            path="/auth/sign-up",
            handler=sign_up,
            summary="Create a provisional account, sign in, and have a code sent to its phone",
            policy=ANYONE,
            tag="auth",
            body=SignUp,
            response=SignedIn,
            status=201,
            idempotent=True,
            new_id="usr",
            codes=("origin_refused",),
            sensitive=True,
            limits=(TEXTS,),
            web_session=True,
        ),
        Route(
            method="POST",
            path="/auth/phone-verification",
            handler=verify,
            summary="Verify the phone of the caller's account with the code that was sent to it",
            policy=SIGNED_IN,
            tag="auth",
            body=VerifyPhone,
            response=RenewedAccess,
            codes=("code_wrong", "code_ended", "phone_taken"),
            sensitive=True,
        ),
        Route(
            method="POST",
            path="/auth/phone-verification/codes",
            handler=request_code,
            summary="Have another code sent to the phone of the caller's account",
            policy=SIGNED_IN,
            tag="auth",
            response=CodeRequested,
            status=202,
            codes=("already_verified",),
            sensitive=True,
            limits=(TEXTS,),
        ),
        Route(
            method="POST",
            path="/me/phone",
            handler=request_phone,
            summary="Have a code sent to a new phone number for the caller's account",
            policy=SIGNED_IN.when_verified(),
            tag="account",
            body=ChangePhone,
            response=CodeRequested,
            status=202,
            codes=("password_required", "overloaded"),
            sensitive=True,
            limits=(TEXTS,),
        ),
        Route(
            method="POST",
            path="/me/phone/confirmation",
            handler=confirm_phone,
            summary="Move the caller's account to the new phone number with the code that was sent to it",
            policy=SIGNED_IN.when_verified(),
            tag="account",
            body=VerifyPhone,
            response=AccountView,
            codes=("code_wrong", "code_ended", "phone_taken"),
            sensitive=True,
        ),
        Route(
            method="POST",
            path="/me/roles",
            handler=add_role,
            summary="Make a rider a driver too, or a driver a rider",
            policy=SIGNED_IN,
            tag="account",
            body=AddRole,
            response=RenewedAccess,
        ),
    ]
