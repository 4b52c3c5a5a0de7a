"""Pages of our own origin and of declared ones may connect, and clients that are no pages."""

from __future__ import annotations

import pytest

from supportcarr.kit.http.origins import AllowedOrigins
from supportcarr.kit.runtime.settings import Deployment

PRODUCTION = Deployment(
    profile="production",
    public_url="https://Supportcarr.example:443/",
    allowed_origins="https://ops.example, http://intranet:8080",
)
LOCAL = Deployment(profile="local")


@pytest.mark.parametrize(
    ("deployment", "origin", "allowed"),
    [
        (PRODUCTION, b"https://supportcarr.example", True),
        (PRODUCTION, b"https://ops.example", True),
        (PRODUCTION, b"http://intranet:8080", True),
        (PRODUCTION, b"http://supportcarr.example", False),
        (PRODUCTION, b"https://supportcarr.example.evil.example", False),
        (PRODUCTION, b"https://evil.example", False),
        (PRODUCTION, b"http://127.0.0.1:8000", False),
        (PRODUCTION, b"null", False),
        (PRODUCTION, b"", False),
        (PRODUCTION, b"\xff\xfe", False),
        (LOCAL, b"http://127.0.0.1:8000", True),
        (LOCAL, b"http://localhost:5173", True),
        (LOCAL, b"http://[::1]:9000", True),
        (LOCAL, b"http://localhost.evil.example", False),
        (LOCAL, b"https://evil.example", False),
        (LOCAL, b"http://[", False),
        (LOCAL, b"null", False),
    ],
)
def test_a_page_s_origin_decides(deployment: Deployment, origin: bytes, allowed: bool) -> None:
    assert AllowedOrigins(deployment).allow([(b"host", b"x"), (b"origin", origin)]) is allowed


def test_a_client_without_an_origin_may_connect_and_one_wrong_origin_of_two_is_enough() -> None:
    assert AllowedOrigins(PRODUCTION).allow([(b"host", b"x")])
    both = [(b"origin", b"https://ops.example"), (b"origin", b"https://evil.example")]
    assert not AllowedOrigins(PRODUCTION).allow(both)
