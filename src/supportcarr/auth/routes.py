"""Auth's HTTP routes."""

from __future__ import annotations

from supportcarr.auth.schemas import Refresh, Rename, SignedIn, SignIn, SignUp, UserOut
from supportcarr.auth.service import AuthService, Grant
from supportcarr.contracts.policies import ANYONE, SIGNED_IN
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route


def _signed_in(grant: Grant) -> SignedIn:
    return SignedIn(
        user=UserOut.of(grant.user),
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        token_type="Bearer",  # noqa: S106 - RFC 6750's name of the type, no secret
        expires_in=grant.expires_in,
    )


def routes(service: AuthService) -> list[Route]:
    """Accounts and sessions."""
    return [*_session_routes(service), *_account_routes(service)]


def _session_routes(service: AuthService) -> list[Route]:
    async def sign_up(request: RequestContext[SignUp, NoQuery]) -> Response:
        assert request.new_id is not None  # the route declares a prefix
        body = request.body
        address = request.client_address
        grant = await service.sign_up(
            request.new_id, body.phone, body.password, body.name, body.role, address=address
        )
        return Response(_signed_in(grant))

    async def sign_in(request: RequestContext[SignIn, NoQuery]) -> Response:
        body, address = request.body, request.client_address
        return Response(_signed_in(await service.sign_in(body.phone, body.password, address=address)))

    async def refresh(request: RequestContext[Refresh, NoQuery]) -> Response:
        body, address = request.body, request.client_address
        return Response(_signed_in(await service.refresh(body.refresh_token, body.nonce, address=address)))

    async def sign_out(request: RequestContext[None, NoQuery]) -> Response:
        await service.end_session(request.caller.session_id)
        return Response()

    return [
        Route(
            method="POST",
            path="/auth/sign-up",
            handler=sign_up,
            summary="Create an account and sign in",
            policy=ANYONE,
            tag="auth",
            body=SignUp,
            response=SignedIn,
            status=201,
            codes=("phone_taken",),
            idempotent=True,
            new_id="usr",
            sensitive=True,
        ),
        Route(
            method="POST",
            path="/auth/sign-in",
            handler=sign_in,
            summary="Sign in with a phone number and a password",
            policy=ANYONE,
            tag="auth",
            body=SignIn,
            response=SignedIn,
            codes=("unauthenticated", "rate_limited", "overloaded"),
            sensitive=True,
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
            codes=("unauthenticated",),
        ),
        Route(
            method="POST",
            path="/auth/sign-out",
            handler=sign_out,
            summary="Sign out of the current session",
            policy=SIGNED_IN,
            tag="auth",
        ),
    ]


def _account_routes(service: AuthService) -> list[Route]:
    async def me(request: RequestContext[None, NoQuery]) -> Response:
        user = await service.user(request.caller.user_id)
        return Response(UserOut.of(user), version=user.version)

    async def rename(request: RequestContext[Rename, NoQuery]) -> Response:
        user = await service.rename(request.caller.user_id, request.body.name, request.if_match)
        return Response(UserOut.of(user), version=user.version)

    return [
        Route(
            method="GET",
            path="/me",
            handler=me,
            summary="Get the caller's account",
            policy=SIGNED_IN,
            tag="account",
            response=UserOut,
        ),
        Route(
            method="PATCH",
            path="/me",
            handler=rename,
            summary="Change the caller's name",
            policy=SIGNED_IN,
            tag="account",
            body=Rename,
            response=UserOut,
            codes=("stale_version",),
            if_match=True,
        ),
    ]
