"""Signs the visitor's browser in to an app, by the API's own sign-in.

The page of a link posts the key, which came in the fragment of its address and so is in no log.  The answer
carries the cookies of the app's session: cookies belong to a host, whatever the port.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from pathlib import Path

import aiohttp
import msgspec
import pyotp

from supportcarr.contracts.web_apps import HEADER
from supportcarr_lab.emulators.phone_links import APPS, PATHS, LinkedAccount, Who, read_links

TIMEOUT_S = 20.0  # of one sign-in
STEP_S = 30  # a code of an authenticator app counts for that long, and once
LATEST_CODES = ((0.0, 0), (0.0, 1), (STEP_S, 1), (STEP_S, 1))  # seconds to wait, steps ahead
_PASSED_ON = ("cookie", "user-agent")


class SignInLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which app to sign in to, and the key of the link."""

    who: Who
    key: str


class SignedInAt(msgspec.Struct, frozen=True):
    """Where the app is, and the headers that store its cookies."""

    url: str
    cookies: tuple[str, ...]


class LinkRefused(Exception):
    """The link does not work; *retry*: not yet."""

    def __init__(self, status: int, code: str, *, retry: bool = False) -> None:
        self.status, self.code, self.retry = status, code, retry
        super().__init__(code)


class PhoneSignIn:
    """Signs in at the API at *api_url*; the apps are at *public_url*."""

    def __init__(self, folder: Path, *, api_url: str, public_url: str) -> None:
        self._folder = folder
        self._api = f"{api_url}/auth/sign-in"
        self._public = public_url.rstrip("/")

    async def sign_in(self, link: SignInLink, headers: dict[str, str]) -> SignedInAt:
        """Sign in with the browser's *headers*.  Raises ``LinkRefused``."""
        links = read_links(self._folder)
        if links is None or not links.key:
            raise LinkRefused(503, "not_ready", retry=True)
        if not links.opens(link.key):
            raise LinkRefused(403, "wrong_key")
        passed_on = {name: headers[name] for name in _PASSED_ON if name in headers}
        return SignedInAt(
            self._public + PATHS[link.who],
            await self._cookies(links.accounts[link.who], {HEADER: APPS[link.who], **passed_on}),
        )

    def codes(self) -> list[tuple[str, str]]:
        """The name and present code of each account with an authenticator app."""
        links = read_links(self._folder)
        accounts = links.accounts.items() if links is not None and links.key else ()
        return [(who, pyotp.TOTP(one.totp_secret).now()) for who, one in accounts if one.totp_secret]

    async def _cookies(self, account: LinkedAccount, headers: dict[str, str]) -> tuple[str, ...]:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
            for wait_s, ahead in LATEST_CODES if account.totp_secret else ((0.0, 0),):
                await asyncio.sleep(wait_s)
                body = {"phone": account.phone, "password": account.password}
                if account.totp_secret:
                    totp = pyotp.TOTP(account.totp_secret, interval=STEP_S)
                    body["totp_code"] = totp.generate_otp(int(time.time()) // STEP_S + ahead)
                try:
                    async with http.post(self._api, json=body, headers=headers, ssl=False) as response:
                        if response.status == 200:
                            return tuple(response.headers.getall("set-cookie"))
                        problem = await response.json(content_type=None)
                except (aiohttp.ClientError, TimeoutError, ValueError):
                    raise LinkRefused(503, "unreachable", retry=True) from None
                if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
                    raise LinkRefused(503, "busy", retry=True)
                if problem.get("code") != "totp_code_wrong":
                    break
        raise LinkRefused(502, str(problem.get("code")))


def phone_page() -> str:
    """The page of a link."""
    return (Path(__file__).parent / "pages" / "phone.html").read_text("utf-8")
