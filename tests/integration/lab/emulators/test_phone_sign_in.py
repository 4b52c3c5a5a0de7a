"""The links of the demo: what the visitor's page is told when the platform cannot sign anybody in yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from supportcarr_lab.emulators.phone_links import LinkedAccount, PhoneLinks, write_links
from supportcarr_lab.emulators.phone_sign_in import LinkRefused, PhoneSignIn, SignInLink

ACCOUNT = LinkedAccount(phone="+15145550142", password="a long password")
LINK = SignInLink(who="rider", key="key")


async def opened(folder: Path, status: int, code: str) -> LinkRefused:
    """What the link says while the API answers a sign-in so."""

    async def sign_in(_: web.Request) -> web.Response:
        return web.json_response({"code": code}, status=status)

    app = web.Application()
    app.router.add_post("/auth/sign-in", sign_in)
    write_links(folder, PhoneLinks(accounts={"rider": ACCOUNT}, key=LINK.key))
    async with TestServer(app) as api:
        url = str(api.make_url("/")).rstrip("/")
        with pytest.raises(LinkRefused) as refused:
            await PhoneSignIn(folder, api_url=url, public_url=url).sign_in(LINK, {})
    return refused.value


async def test_a_busy_platform_is_asked_again(tmp_path: Path) -> None:
    refused = await opened(tmp_path, 503, "overloaded")
    assert (refused.code, refused.retry) == ("busy", True)


async def test_a_refused_sign_in_is_not_repeated(tmp_path: Path) -> None:
    refused = await opened(tmp_path, 401, "sign_in_failed")
    assert (refused.code, refused.retry) == ("sign_in_failed", False)
