"""Auth's HTTP routes."""

from __future__ import annotations

from typing import Any

import msgspec

from supportcarr.auth.devices import device_of, place_of
from supportcarr.auth.errors import SessionEnded
from supportcarr.auth.model import Device, User
from supportcarr.auth.schemas import (
    AccountView,
    ChangeAccount,
    Refresh,
    SessionView,
    SignedIn,
    SignIn,
    UserOut,
)
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_service import Grant
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.policies import ANYONE, BEFORE_TOTP, SIGNED_IN
from supportcarr.contracts.routing import (
    NoQuery,
    PageQuery,
    PageResponse,
    RequestContext,
    Response,
    Route,
)
from supportcarr.kit.store.encoded_views import EncodedViews


def signed_in(grant: Grant, request: RequestContext[Any, Any]) -> Response:
    """The tokens of a session; a web app gets the refresh token as a cookie."""
    body = SignedIn(
        user=UserOut.of(grant.user),
        access_token=grant.access_token,
        token_type="Bearer",  # noqa: S106 - RFC 6750's name of the type, no secret
        expires_in=grant.expires_in,
        refresh_token=grant.refresh_token if request.web_app is None else msgspec.UNSET,
    )
    if request.web_app is None:
        return Response(body)
    return Response(body, headers=request.web_app.cookies(grant.refresh_token, grant.refresh_expires_in))


def device_in(request: RequestContext[Any, Any]) -> Device:
    """What the request comes from."""
    app = request.web_app.name if request.web_app else None
    return Device(
        app, device_of(request.headers.get("user-agent")), place_of(request.client_address), request.origin
    )


def routes(service: AuthService) -> list[Route]:
    """Accounts and sessions."""
    return [*_sign_in_routes(service), *_session_routes(service), *_account_routes(service)]


def _sign_in_routes(service: AuthService) -> list[Route]:
    async def sign_in(request: RequestContext[SignIn, NoQuery]) -> Response:
        body = request.body
        grant = await service.sign_in(
            body.phone,
            body.password,
            totp_code=body.totp_code,
            address=request.client_address,
            device=device_in(request),
        )
        if request.web_app is not None and request.web_app.refresh_token is not None:
            await service.sessions.end_replaced(request.web_app.refresh_token)
        return signed_in(grant, request)

    async def refresh(request: RequestContext[Refresh, NoQuery]) -> Response:
        token = request.body.refresh_token
        if request.web_app is not None:
            if token is not None:
                detail = "A web app has its refresh token in a cookie; leave the field out"
                raise ValidationFailed.of("refresh_token", "not_allowed", detail)
            token = request.web_app.refresh_token
            if token is None:
                raise SessionEnded("There is no session of this app here; sign in")
        elif token is None:
            raise ValidationFailed.of("refresh_token", "required", "This field is required")
        grant = await service.refresh(
            token, request.body.nonce, address=request.client_address, device=device_in(request)
        )
        return signed_in(grant, request)

    async def sign_out(request: RequestContext[None, NoQuery]) -> Response:
        await service.end_session(request.caller.session_id)
        return Response(headers=request.web_app.no_cookies() if request.web_app is not None else ())

    return [
        Route(
            method="POST",
            path="/auth/sign-in",
            handler=sign_in,
            summary="Sign in with a phone number and a password",
            policy=ANYONE,
            tag="auth",
            body=SignIn,
            response=SignedIn,
            codes=(
                "unauthenticated",
                "totp_code_required",
                "totp_code_wrong",
                "account_banned",
                "origin_refused",
                "rate_limited",
                "overloaded",
            ),
            sensitive=True,
            web_session=True,
        ),
        Route(
            method="POST",
            path="/auth/refresh",
            handler=refresh,
            summary="Exchange a refresh token for new tokens",
            policy=ANYONE,
            tag="auth",
            body=Refresh,
            response=SignedIn,
            codes=("unauthenticated", "origin_refused"),
            web_session=True,
        ),
        Route(
            method="POST",
            path="/auth/sign-out",
            handler=sign_out,
            summary="Sign out of the current session",
            policy=BEFORE_TOTP,
            tag="auth",
            codes=("origin_refused",),
            web_session=True,
        ),
    ]


def _session_routes(service: AuthService) -> list[Route]:
    async def list_sessions(request: RequestContext[None, PageQuery]) -> Response:
        caller, query = request.caller, request.query
        found, next_cursor = await service.sessions.list(
            caller.user_id, limit=query.limit, cursor=query.cursor
        )
        return Response(PageResponse([SessionView.of(one, caller.session_id) for one in found], next_cursor))

    async def end_session(request: RequestContext[None, NoQuery]) -> Response:
        await service.sessions.end_own(request.caller.user_id, request.path_params["session_id"])
        return Response()

    async def end_others(request: RequestContext[None, NoQuery]) -> Response:
        await service.sessions.end_others(request.caller.user_id, request.caller.session_id)
        return Response()

    return [
        Route(
            method="GET",
            path="/auth/sessions",
            handler=list_sessions,
            summary="List the caller's open sessions, newest first",
            policy=SIGNED_IN,
            tag="auth",
            query=PageQuery,
            response=PageResponse[SessionView],
        ),
        Route(
            method="DELETE",
            path="/auth/sessions/{session_id}",
            handler=end_session,
            summary="End one of the caller's sessions",
            policy=SIGNED_IN.of("caller"),
            tag="auth",
            codes=("not_found",),
        ),
        Route(
            method="DELETE",
            path="/auth/sessions",
            handler=end_others,
            summary="End the caller's other sessions",
            policy=SIGNED_IN,
            tag="auth",
        ),
    ]


def _account_routes(service: AuthService) -> list[Route]:
    views: EncodedViews[User] = EncodedViews(AccountView.of)

    async def me(request: RequestContext[None, NoQuery]) -> Response:
        user = await service.user(request.caller.user_id)
        return Response(views.of(user), version=user.version)

    async def change(request: RequestContext[ChangeAccount, NoQuery]) -> Response:
        changes = request.body.changes
        user = await service.change_account(request.caller.user_id, changes, request.if_match)
        return Response(AccountView.of(user), version=user.version)

    return [
        Route(
            method="GET",
            path="/me",
            handler=me,
            summary="Get the caller's account",
            policy=BEFORE_TOTP,
            tag="account",
            response=AccountView,
        ),
        Route(
            method="PATCH",
            path="/me",
            handler=change,
            summary="Change the caller's name and preferences",
            policy=SIGNED_IN,
            tag="account",
            body=ChangeAccount,
            response=AccountView,
            codes=("stale_version",),
            if_match=True,
        ),
    ]
