"""Signed forms and links: only what was signed here, for that use, until it expires."""

from __future__ import annotations

import base64

import pytest

from supportcarr.kit.objects.port import UploadRefused
from supportcarr.kit.objects.tokens import LinkPolicy, UploadPolicy, sign, verify

SECRET = "a secret of the tests"
UPLOAD = UploadPolicy("files/fil_1/upload", "image/jpeg", 100, 1_000)
LINK = LinkPolicy("files/fil_1/clean", "image/webp", "fil_1.webp", 1_000)


def test_a_signed_policy_is_read_back_until_it_expires() -> None:
    assert verify(SECRET, sign(SECRET, UPLOAD), UploadPolicy, 999.9) == UPLOAD
    assert verify(SECRET, sign(SECRET, LINK), LinkPolicy, 999.9) == LINK
    with pytest.raises(UploadRefused, match="expired"):
        verify(SECRET, sign(SECRET, UPLOAD), UploadPolicy, 1_000)


def test_a_form_is_no_link_and_no_other_secret_signs() -> None:
    with pytest.raises(UploadRefused):
        verify(SECRET, sign(SECRET, UPLOAD), LinkPolicy, 0)
    with pytest.raises(UploadRefused):
        verify("another", sign(SECRET, UPLOAD), UploadPolicy, 0)


@pytest.mark.parametrize("token", ["", ".", "e30.", "e30.x", "é.é", "x" * 5_000, "a.b.c"])
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(UploadRefused):
        verify(SECRET, token, UploadPolicy, 0)


def test_a_changed_policy_is_refused() -> None:
    text, _, signature = sign(SECRET, UPLOAD).partition(".")
    changed = base64.urlsafe_b64decode(text + "==").replace(b"fil_1", b"fil_2")
    token = f"{base64.urlsafe_b64encode(changed).rstrip(b'=').decode()}.{signature}"
    with pytest.raises(UploadRefused):
        verify(SECRET, token, UploadPolicy, 0)
