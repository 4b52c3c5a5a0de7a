"""Signs a person up, as an app does: the code is read in the text message that was sent."""

from __future__ import annotations

import asyncio
import re
import time

import aiohttp

from supportcarr_lab.simulator.accounts import Account
from supportcarr_lab.simulator.client import ApiClient, ApiUnreachable, RequestRejected, new_idempotency_key

CODE_WITHIN_S = 60.0  # after which another attempt is made
LOOK_AGAIN_S = 0.2
_CODE = re.compile(r"\b\d{6}\b")


async def sign_up(api: ApiClient, account: Account, http: aiohttp.ClientSession, base_url: str) -> None:
    """Create the account, verify its phone, and use its session.

    Raises ``RequestFailed``, also if no code arrives.
    """
    body = {
        "phone": account.phone,
        "password": account.password,
        "name": account.name,
        "role": account.role,
    }
    api.use_session(
        await api.request("POST", "/auth/sign-up", body, key=new_idempotency_key(), authenticated=False)
    )
    await verify_phone(api, account.phone, http, base_url)


async def verify_phone(api: ApiClient, phone: str, http: aiohttp.ClientSession, base_url: str) -> None:
    """Verify the phone of the session's account with the code in the text message.

    Raises ``RequestFailed``, also if no code arrives.
    """
    until = time.monotonic() + CODE_WITHIN_S
    tried = ""
    while time.monotonic() < until:
        code = await read_code(http, base_url, phone)
        if code is not None and code != tried:
            tried = code
            try:
                api.use_access_token(await api.post("/auth/phone-verification", {"code": code}))
                return
            except RequestRejected as error:
                if error.code != "code_wrong":  # it is the code of an earlier sign-up: another is on its way
                    raise
        await asyncio.sleep(LOOK_AGAIN_S)
    raise ApiUnreachable(f"no code arrived in {CODE_WITHIN_S:.0f} s")


async def read_code(http: aiohttp.ClientSession, base_url: str, phone: str) -> str | None:
    """The code in the latest text message to that number that has one; ``None`` if there is none yet.

    In the local profile the texts are readable at ``/sandbox``.
    """
    try:
        async with http.get(f"{base_url}/sandbox/messages", params={"to": phone}) as response:
            messages = (await response.json())["messages"]
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return next((found[0] for message in messages if (found := _CODE.search(message["body"]))), None)
