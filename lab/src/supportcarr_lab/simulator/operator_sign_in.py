"""Signs in the demo's operator, who has a second factor."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pyotp

from supportcarr_lab.simulator.client import ApiClient, RequestRejected

STEP_S = 30


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """The account that approves drivers; without a *totp_secret* the password is enough."""

    phone: str
    password: str
    totp_secret: str | None = None


async def sign_in_operator(api: ApiClient, operator: Operator) -> None:
    """Sign in.  A code works once: if the current one is used, take the next, then wait for the one after.

    Raises ``RequestRejected``, ``ApiUnreachable``.
    """
    body = {"phone": operator.phone, "password": operator.password}
    if operator.totp_secret is None:
        api.use_session(await api.request("POST", "/auth/sign-in", body, authenticated=False))
        return
    totp = pyotp.TOTP(operator.totp_secret, interval=STEP_S)
    for wait_s, ahead in ((0.0, 0), (0.0, 1), (STEP_S, 1), (STEP_S, 1)):
        await asyncio.sleep(wait_s)
        code = totp.generate_otp(int(time.time()) // STEP_S + ahead)
        try:
            session = await api.request(
                "POST", "/auth/sign-in", {**body, "totp_code": code}, authenticated=False
            )
        except RequestRejected as error:
            if error.code != "totp_code_wrong":
                raise
            rejected = error
            continue
        api.use_session(session)
        return
    raise rejected
