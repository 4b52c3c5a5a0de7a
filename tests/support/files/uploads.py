"""Upload files as clients do: with the form that the API returns."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import aiohttp

from support.images import photos
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import expect

JPEG, PNG, HEIC = photos.jpeg(), photos.png(), photos.heic()
PDF = b"%PDF-1.7\n" + b"\0" * 200


def multipart(fields: Mapping[str, str], content: bytes, *, file_name: str = "photo") -> tuple[str, bytes]:
    """The content type and the body of a form: the fields, then the file."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = b"".join((*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()))
    return f"multipart/form-data; boundary={boundary}", body


async def post_form(
    session: aiohttp.ClientSession, url: str, fields: Mapping[str, str], content: bytes
) -> tuple[int, bytes]:
    """Post a form with a file; the status and the body of the response."""
    media_type, body = multipart(fields, content)
    headers = {"content-type": media_type, "x-forwarded-for": "198.18.0.1"}
    async with session.post(url, data=body, headers=headers) as response:
        return response.status, await response.read()


async def begun(
    who: CheckedClient, purpose: str, content: bytes, content_type: str = "image/jpeg", **changed: Any
) -> dict[str, Any]:
    """An upload that awaits its file."""
    body = {"purpose": purpose, "content_type": content_type, "size": len(content)} | changed
    file: dict[str, Any] = expect(await who.post("/me/uploads", body), 201)
    return file


async def uploaded(
    platform: Platform, who: CheckedClient, purpose: str, content: bytes, content_type: str = "image/jpeg"
) -> dict[str, Any]:
    """A file that is uploaded and processed."""
    file = await begun(who, purpose, content, content_type)
    form = file["upload"]
    status, reply = await post_form(platform.api.session, form["url"], form["fields"], content)
    assert status == 204, reply
    expect(await who.post(f"/me/uploads/{file['id']}/completion"), 200)
    await platform.settle()
    ready: dict[str, Any] = expect(await who.get(f"/me/uploads/{file['id']}"), 200)
    assert ready["state"] == "ready", ready
    return ready


async def photographed(
    platform: Platform, who: CheckedClient, rescue_path: str, content: bytes, **changed: Any
) -> dict[str, Any]:
    """A photo of a rescue that is uploaded and processed."""
    body = {"stage": "before", "content_type": "image/jpeg", "size": len(content)} | changed
    photo = expect(await who.post(f"{rescue_path}/photos", body), 201)
    form = photo["upload"]
    status, reply = await post_form(platform.api.session, form["url"], form["fields"], content)
    assert status == 204, reply
    completed: dict[str, Any] = expect(await who.post(f"{rescue_path}/photos/{photo['id']}/completion"), 200)
    await platform.settle()
    return completed
