"""The content security policy of pages: only our own origin, unless an external map is configured."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.gateway.security_headers import CardSources, common_headers, docs_headers, page_headers


def _policy(
    content: Sequence[str] = (), files: Sequence[str] = (), *, sends_referer: bool = False
) -> dict[str, str]:
    headers = dict(page_headers("https://rt.example.org", content, files, sends_referer=sends_referer))
    rules = (rule.partition(" ") for rule in headers["content-security-policy"].split("; "))
    return {name: value for name, _, value in rules} | {"referrer": headers["referrer-policy"]}


def test_without_an_external_map_only_our_code_is_allowed() -> None:
    policy = _policy()
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://rt.example.org wss://rt.example.org"
    assert policy["worker-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["referrer"] == "no-referrer"


def test_an_external_map_style_allows_content_but_no_code() -> None:
    policy = _policy(["https://tiles.example.org"])
    assert policy["img-src"].endswith(" https://tiles.example.org")
    assert policy["script-src"] == "'self'"


def test_mapbox_provides_content_and_learns_the_site_but_its_code_is_ours() -> None:
    policy = _policy(["https://api.mapbox.com"], sends_referer=True)
    assert policy["connect-src"].endswith(" https://api.mapbox.com")
    assert (policy["script-src"], policy["worker-src"]) == ("'self'", "'self'")
    assert policy["referrer"] == "strict-origin-when-cross-origin"


def test_a_form_for_cards_allows_its_script_its_frames_and_its_api() -> None:
    assert _policy()["frame-src"] == "'none'"
    cards = CardSources(("https://js.example",), ("https://hooks.example",), ("https://api.example",))
    headers = dict(page_headers("https://rt.example.org", card_sources=cards))
    policy = headers["content-security-policy"]
    assert "script-src 'self' https://js.example;" in policy
    assert "frame-src https://hooks.example;" in policy
    assert "wss://rt.example.org https://api.example;" in policy


def test_https_is_remembered_only_where_it_is_used() -> None:
    secure, plain = (dict(common_headers(f"{scheme}://a.example")) for scheme in ("https", "http"))
    assert secure[b"strict-transport-security"] == b"max-age=31536000; includeSubDomains"
    assert b"strict-transport-security" not in plain
    assert plain[b"cross-origin-resource-policy"] == b"same-origin"


def test_files_in_s3_are_uploaded_to_and_shown_and_nothing_else_comes_from_there() -> None:
    policy = _policy([], ["https://files.s3.example"])
    assert policy["img-src"] == "'self' data: blob: https://files.s3.example"
    assert policy["connect-src"].endswith(" https://files.s3.example")
    other = {rule for name, rule in policy.items() if name not in ("img-src", "connect-src")}
    assert not any("files.s3.example" in rule for rule in other)


def test_the_renderer_of_the_reference_reaches_no_other_origin() -> None:
    policy = dict(docs_headers())["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "connect-src 'self';" in policy
    assert "http" not in policy


def test_error_reports_and_spans_of_browsers_are_sent_and_nothing_else_comes_from_there() -> None:
    headers = dict(page_headers("https://rt.example.org", telemetry_sources=["https://sentry.example"]))
    policy = headers["content-security-policy"]
    assert "wss://rt.example.org https://sentry.example;" in policy
    assert policy.count("sentry.example") == 1
