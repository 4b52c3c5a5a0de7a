"""The content policy of pages: ourselves alone, unless an operator named a foreign map."""

from __future__ import annotations

from supportcarr.gateway.security_headers import page_headers


def _policy(*sources: list[str]) -> dict[str, str]:
    headers = dict(page_headers("https://rt.example.org", *sources))
    rules = (rule.partition(" ") for rule in headers["content-security-policy"].split("; "))
    return {name: value for name, _, value in rules} | {"referrer": headers["referrer-policy"]}


def test_without_a_foreign_map_code_comes_from_us_alone() -> None:
    policy = _policy()
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://rt.example.org wss://rt.example.org"
    assert policy["referrer"] == "no-referrer"


def test_a_foreign_style_may_bring_content_but_no_code() -> None:
    policy = _policy(["https://tiles.example.org"])
    assert policy["img-src"].endswith(" https://tiles.example.org")
    assert policy["script-src"] == "'self'"


def test_a_map_library_of_its_maker_may_bring_code() -> None:
    policy = _policy(["https://api.mapbox.com"], ["https://api.mapbox.com"])
    assert policy["script-src"] == "'self' https://api.mapbox.com"
    assert policy["style-src"] == "'self' 'unsafe-inline' https://api.mapbox.com"
    assert policy["referrer"] == "strict-origin-when-cross-origin"
