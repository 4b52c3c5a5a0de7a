"""The headers of pages, as an edge that serves the apps itself needs them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from supportcarr.bootstrap import pages
from supportcarr.bootstrap.settings import load_settings
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route

SETTINGS = {
    "SUPPORTCARR_PUBLIC_URL": "https://supportcarr.example",
    "SUPPORTCARR_REALTIME_URL": "https://live.supportcarr.example",
    "SUPPORTCARR_MAP_MAPBOX_TOKEN": "pk.example",
    "SUPPORTCARR_S3_BUCKET": "files",
    "SUPPORTCARR_S3_ACCESS_KEY_ID": "id",
    "SUPPORTCARR_S3_SECRET_ACCESS_KEY": "none",
}


def test_they_are_directives_of_nginx_with_what_the_settings_allow() -> None:
    lines = list(pages.nginx_page_headers(load_settings(SETTINGS, dotenv=None, keep_secrets=False)))
    assert all(line.startswith("add_header ") and line.endswith('" always;') for line in lines)
    [policy] = [line for line in lines if "content-security-policy" in line]
    for origin in (
        "wss://live.supportcarr.example",
        "https://files.s3.ca-central-1.amazonaws.com",
        "https://api.mapbox.com",
    ):
        assert origin in policy
    assert any("strict-transport-security" in line for line in lines)


def test_a_value_that_would_end_the_directive_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "page_headers", lambda *_, **__: (("x-bad", '"; return 200 "'),))
    settings = load_settings(SETTINGS, dotenv=None, keep_secrets=False)
    with pytest.raises(ValueError, match="x-bad"):
        list(pages.nginx_page_headers(settings))


def test_only_public_reads_may_be_kept_by_shared_caches() -> None:
    async def handle(_: RequestContext[Any, Any]) -> Response:
        raise AssertionError("is not called")

    read = Route(
        method="GET", path="/x", handler=handle, summary="", policy=ANYONE, tag="x", shared_seconds=60
    )
    with pytest.raises(ValueError, match="shared caches"):
        replace(read, method="POST")
