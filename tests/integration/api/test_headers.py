"""Headers and request ids of every kind of response."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.http.route_calls import ExampleCalls, name_of
from support.http.server import Reply
from support.platform.in_process import Platform, running_platform
from supportcarr.contracts.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORIGIN = {"origin": "https://evil.example"}
PREFLIGHT = {
    **ORIGIN,
    "access-control-request-method": "PATCH",
    "access-control-request-headers": "authorization",
}


async def responses(calls: ExampleCalls, headers: dict[str, str]) -> list[tuple[str, Reply]]:
    """Responses of each kind: successes and errors of every route and page."""
    platform, rider = calls.platform, calls.arrived.rider
    anybody = platform.anonymous()
    huge = b" " * (platform.container.settings.http.max_body_bytes + 1)
    found = [
        (name_of(r), await calls.client(r).get(calls.url(r), headers=headers))
        for r in reading_routes(platform)
    ]
    found += [
        ("401", await anybody.get("/me", headers=headers)),
        ("403", await rider.get("/admin/overview", headers=headers)),
        ("404", await rider.get("/rescues/x", headers=headers)),
        ("404 of no route", await rider.get("/nothing", headers=headers)),
        ("405", await rider.delete("/me", headers=headers)),
        ("400", await rider.patch("/me", raw=b"{", headers=headers)),
        ("412", await rider.patch("/me", {"name": "A"}, if_match=99, headers=headers)),
        ("413", await rider.patch("/me", raw=huge, headers=headers)),
        ("415", await rider.patch("/me", raw=b"{}", headers={**headers, "content-type": "text/x"})),
        ("422", await rider.patch("/me", {"name": ""}, headers=headers)),
        ("OPTIONS", await rider.send("OPTIONS", "/me", headers=headers)),
        ("HEAD", await rider.send("HEAD", "/me", headers=headers)),
    ]
    for page in ("//", "//docs", "//docs/assets/none.js", "//config.json", "//healthz", "//readyz"):
        found.append((page, await anybody.get(page, headers=headers)))
    found.append(("//openapi.json", await anybody.get("//openapi.json", headers=headers)))
    return found


def reading_routes(platform: Platform) -> list[Route]:
    return [route for route in platform.container.routes() if route.method == "GET"]


async def test_every_response_has_a_type_and_does_not_identify_the_server(calls: ExampleCalls) -> None:
    for what, reply in await responses(calls, {}):
        assert reply.headers["x-content-type-options"] == "nosniff", what
        assert not any(character.isdigit() for character in reply.headers.get("server", "")), what
        for name in ("x-powered-by", "via", "x-aspnet-version", "set-cookie"):
            assert name not in reply.headers, (what, name)


# What everybody gets alike, and shared caches may keep for a minute.
PUBLIC = {"GET /legal-documents/{document}", "GET /coverage"}


async def test_personal_data_is_not_cached(calls: ExampleCalls) -> None:
    for what, reply in await responses(calls, {}):
        if what in PUBLIC and reply.status == 200:
            assert reply.headers["cache-control"] == "public, max-age=0, s-maxage=60", what
        elif not what.startswith("//") and reply.status not in (204, 302):
            assert reply.headers["cache-control"] == "no-store", what


async def test_other_origins_are_rejected(calls: ExampleCalls) -> None:
    for headers in (ORIGIN, PREFLIGHT, {"origin": "null"}, {"origin": calls.platform.api.url}):
        for what, reply in await responses(calls, headers):
            cors_headers = [name for name in reply.headers if name.lower().startswith("access-control")]
            assert not cors_headers, (what, cors_headers)


async def test_pages_run_only_their_own_scripts_and_cannot_be_framed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.bootstrap.web_apps.WEB", tmp_path / "web")
    for app in ("docs", "admin", "rider"):
        (tmp_path / "web" / app / "dist").mkdir(parents=True)
        (tmp_path / "web" / app / "dist" / "index.html").write_text("<!doctype html>")
    async with running_platform(tmp_path / "data") as platform:
        for path in ("//docs", "//admin", "//"):
            page = await platform.anonymous().get(path)
            policy = page.headers["content-security-policy"]
            scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert scripts == "script-src 'self'"
            assert "frame-ancestors 'none'" in policy
            assert page.headers["x-frame-options"] == "DENY"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert "geolocation=(self)" in page.headers["permissions-policy"]
            assert page.headers["cross-origin-opener-policy"] == "same-origin"


async def test_the_request_id_is_returned_in_header_and_problem_document(calls: ExampleCalls) -> None:
    for what, reply in await responses(calls, {"x-request-id": "trace-0123456789"}):
        assert reply.headers["x-request-id"] == "trace-0123456789", what
        if reply.code is not None:
            assert reply.body["request_id"] == "trace-0123456789", what


@pytest.mark.parametrize(
    "bad", ["short", "a" * 65, "with a space", "<script>alert(1)</script>", "a\tbcdefgh"]
)
async def test_an_invalid_request_id_is_replaced(platform: Platform, bad: str) -> None:
    first = await platform.anonymous().get("/clock", headers={"x-request-id": bad})
    again = await platform.anonymous().get("/clock", headers={"x-request-id": bad})
    assert first.headers["x-request-id"].startswith("req-")
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


async def test_behind_https_responses_have_strict_transport_security(tmp_path: Path) -> None:
    async with running_platform(tmp_path, PUBLIC_URL="https://supportcarr.example") as platform:
        for path in ("/clock", "/nothing", "//docs"):
            reply = await platform.anonymous().get(path)
            assert "max-age=31536000" in reply.headers["strict-transport-security"], path
