"""A session's device and place, in words."""

from __future__ import annotations

import pytest

from supportcarr.auth.devices import LONGEST, device_of, place_of

CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"  # noqa: E501
FIREFOX = "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/141.0", "Edge on Windows"),
        (SAFARI, "Safari on iPhone"),
        (FIREFOX, "Firefox on Android"),
        ("curl/8.5.0", "curl"),
        ("Python/3.11 aiohttp/3.13", "Python"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla on Linux"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
        (None, "Unknown device"),
        ("\\xff\\xfe", "Unknown device"),
    ],
)
def test_a_device_is_named_in_words(user_agent: str | None, device: str) -> None:
    assert device_of(user_agent) == device


def test_a_device_is_short() -> None:
    assert len(device_of("x" * 10_000)) <= LONGEST


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.77", "network 203.0.113.x"),
        ("::ffff:203.0.113.77", "network 203.0.113.x"),
        ("2001:db8:1234:5678::1", "network 2001:db8:1234::/48"),
        ("127.0.0.1", "this machine"),
        ("::1", "this machine"),
        ("unknown", ""),
        (None, ""),
    ],
)
def test_a_place_is_the_network(address: str | None, place: str) -> None:
    assert place_of(address) == place
