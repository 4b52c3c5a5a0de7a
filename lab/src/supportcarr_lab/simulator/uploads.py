"""Uploads files as an app does: asks for a form, posts the file with it, says that it is complete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from supportcarr_lab.simulator.client import ApiClient, ApiUnreachable, RequestRejected, new_idempotency_key
from supportcarr_lab.simulator.images import JPEG

RETRY_FOR_S, RETRY_DELAY_S = 60.0, 0.5  # wall
FORM_TIMEOUT_S = 15.0


async def upload(api: ApiClient, http: aiohttp.ClientSession, purpose: str, content: bytes) -> str:
    """Upload a JPEG; the id of the file, which is processed soon.  Raises ``RequestFailed``."""
    asked = {"purpose": purpose, "content_type": JPEG, "size": len(content)}
    file = await api.post("/me/uploads", asked, key=new_idempotency_key())
    await post_form(http, file["upload"], content, address=api.address)
    await api.post(f"/me/uploads/{file['id']}/completion")
    return str(file["id"])


async def post_form(
    http: aiohttp.ClientSession, form: Mapping[str, Any], content: bytes, *, address: str
) -> None:
    """Post the file with the form that the API has returned.  Raises ``RequestFailed``."""
    until = time.monotonic() + RETRY_FOR_S
    while True:
        data = aiohttp.FormData()
        for name, value in form["fields"].items():
            data.add_field(name, value)
        data.add_field("file", content, filename="photo.jpg", content_type=JPEG)
        try:
            async with http.post(
                form["url"],
                data=data,
                headers={"X-Forwarded-For": address},
                timeout=aiohttp.ClientTimeout(total=FORM_TIMEOUT_S),
            ) as response:
                if response.status < 400:
                    return
                if response.status < 500 and response.status != 429:
                    raise RequestRejected(response.status, "upload_refused", await response.text())
                problem = str(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            problem = repr(error)
        if time.monotonic() > until:
            raise ApiUnreachable(f"POST {form['url']}: {problem}")
        await asyncio.sleep(RETRY_DELAY_S)
