"""What every object store promises (``kit.objects.port``): forms, links and objects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

KEY, OTHER = "files/fil_1/upload", "files/fil_2/upload"
CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 300  # 77 kB
Change = Callable[[dict[str, str]], dict[str, str]]


def soon(seconds: float = 300) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def without(name: str) -> Change:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


def changed(name: str, value: str) -> Change:
    return lambda fields: fields | {name: value}


def with_another_policy(fields: dict[str, str]) -> dict[str, str]:
    """A policy whose text was changed in one character."""
    policy = fields["policy"]
    at = len(policy) // 2
    other = "A" if policy[at] != "A" else "B"
    return fields | {"policy": policy[:at] + other + policy[at + 1 :]}


async def test_objects_are_stored_replaced_and_deleted(target: Any) -> None:
    objects = target.objects
    assert await objects.get(KEY, max_bytes=10) is None and await objects.head(KEY) is None
    await objects.delete(KEY)
    for content in (CONTENT, b"shorter"):
        await objects.put(KEY, content, "image/jpeg")
        assert await objects.get(KEY, max_bytes=1_000_000) == content
        assert await objects.get(KEY, max_bytes=3) == content[:3]
        info = await objects.head(KEY)
        assert info is not None and (info.key, info.size) == (KEY, len(content))
        assert abs((info.modified_at - datetime.now(UTC)).total_seconds()) < 60
    for _ in range(2):
        await objects.delete(KEY)
        assert await objects.head(KEY) is None


async def test_lists_are_in_order_of_key_and_continue_after_one(target: Any) -> None:
    keys = [f"files/fil_{n}/{name}" for n in range(4) for name in ("clean", "thumbnail")]
    for key in reversed(keys):
        await target.objects.put(key, b"x", "image/jpeg")
    await target.objects.put("anchors/1", b"x", "application/json")
    seen: list[str] = []
    while page := await target.objects.list_objects("files/", after=seen[-1] if seen else "", limit=3):
        assert len(page) <= 3
        seen += [info.key for info in page]
    assert seen == keys
    assert [info.key for info in await target.objects.list_objects("files/fil_2/")] == keys[4:6]


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "files/../x", "a//b", "A", "files/x.jpg", "é"])
async def test_what_is_no_key_is_refused(target: Any, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        await target.objects.put(key, b"x", "image/jpeg")
    with pytest.raises(ValueError, match="no key"):
        target.objects.upload_form(key, "image/jpeg", 1, soon())


async def test_a_form_admits_its_file(target: Any) -> None:
    form = target.objects.upload_form(KEY, "image/jpeg", len(CONTENT), soon())
    status, body = await target.post(form.url, form.fields, CONTENT)
    assert status == 204, body
    assert await target.objects.get(KEY, max_bytes=1_000_000) == CONTENT


@pytest.mark.parametrize(
    "change",
    [
        changed("key", OTHER),
        changed("Content-Type", "text/html"),
        without("policy"),
        without("Content-Type"),
        with_another_policy,
    ],
)
async def test_a_form_that_was_changed_is_refused_and_nothing_kept(target: Any, change: Change) -> None:
    form = target.objects.upload_form(KEY, "image/jpeg", len(CONTENT), soon())
    status, _ = await target.post(form.url, change(dict(form.fields)), CONTENT)
    assert 400 <= status < 500
    assert await target.objects.list_objects("") == []


async def test_a_signature_of_another_secret_is_refused(target: Any) -> None:
    form = target.objects.upload_form(KEY, "image/jpeg", len(CONTENT), soon())
    fields: Mapping[str, str] = form.fields
    if target.engine == "s3":
        fields = {**fields, "x-amz-signature": "0" * 64}
    else:
        text, _, signature = fields["policy"].partition(".")
        fields = {**fields, "policy": f"{text}.{'A' * len(signature)}"}
    status, _ = await target.post(form.url, fields, CONTENT)
    assert status == 403
    assert await target.objects.list_objects("") == []


async def test_a_file_above_its_size_is_refused_and_does_not_replace_the_object(target: Any) -> None:
    await target.objects.put(KEY, b"before", "image/jpeg")
    form = target.objects.upload_form(KEY, "image/jpeg", len(CONTENT) - 1, soon())
    status, _ = await target.post(form.url, form.fields, CONTENT)
    assert 400 <= status < 500
    assert await target.objects.get(KEY, max_bytes=100) == b"before"


async def test_an_empty_file_is_refused(target: Any) -> None:
    form = target.objects.upload_form(KEY, "image/jpeg", 100, soon())
    status, _ = await target.post(form.url, form.fields, b"")
    assert 400 <= status < 500
    assert await target.objects.head(KEY) is None


async def test_an_expired_form_and_an_expired_link_are_refused(target: Any) -> None:
    await target.objects.put(OTHER, CONTENT, "image/jpeg")
    form = target.objects.upload_form(KEY, "image/jpeg", len(CONTENT), soon(1))
    link = target.objects.link(OTHER, "image/jpeg", "x.jpg", soon(1))
    async with asyncio.timeout(45):
        while (await target.fetch(link))[0] == 200:  # until it has expired
            await asyncio.sleep(0.2)
    status, _, _ = await target.fetch(link)
    assert status == 403
    status, _ = await target.post(form.url, form.fields, CONTENT)
    assert status == 403
    assert await target.objects.head(KEY) is None


async def test_a_link_gives_its_object_as_it_says(target: Any) -> None:
    await target.objects.put(KEY, CONTENT, "application/octet-stream")
    for content_type, kind in (("image/webp", "inline"), ("application/pdf", "attachment")):
        link = target.objects.link(KEY, content_type, "fil_1.x", soon())
        status, headers, content = await target.fetch(link)
        assert (status, content) == (200, CONTENT)
        assert headers["content-type"] == content_type
        assert headers["content-disposition"] == f'{kind}; filename="fil_1.x"'
    status, _, _ = await target.fetch(target.objects.link(OTHER, "image/webp", "x", soon()))
    assert status == 404


async def test_nothing_can_be_read_without_a_link_or_with_a_changed_one(target: Any) -> None:
    await target.objects.put(KEY, CONTENT, "image/jpeg")
    await target.objects.put(OTHER, CONTENT, "image/jpeg")
    link = target.objects.link(KEY, "image/jpeg", "x.jpg", soon())
    bare = link.partition("?")[0] if target.engine == "s3" else link.rpartition(".")[0]
    for url in (bare, link[:-4] + "0000", link.replace("fil_1", "fil_2") if "fil_1" in link else bare):
        status, _, content = await target.fetch(url)
        assert status in (400, 403), url
        assert CONTENT not in content
