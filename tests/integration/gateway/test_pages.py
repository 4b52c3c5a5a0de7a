"""Health, readiness, the API reference, the web apps and their security headers."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from support.http.server import Api, serving
from supportcarr.bootstrap.web_apps import MOVED_PAGES
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore


async def test_a_process_is_alive_and_ready(api: Api) -> None:
    anybody = api.anonymous()
    assert (await anybody.get("//healthz")).status == 200
    ready = await anybody.get("//readyz")
    assert (ready.status, ready.body) == (200, {"status": "ready", "not_ready": []})


async def test_readiness_names_what_is_missing(store: SqliteStore, redis: RedisClient) -> None:
    async def broken() -> None:
        raise OSError("nobody there")

    async with serving(store=store, redis=redis, checks={"store": store.ping, "emulator": broken}) as api:
        reply = await api.anonymous().get("//readyz")
        assert (reply.status, reply.body["not_ready"]) == (503, ["emulator"])
        assert (await api.anonymous().get("//healthz")).status == 200


async def test_the_openapi_document_is_served_and_valid(api: Api) -> None:
    reply = await api.anonymous().get("//openapi.json")
    assert list(OpenAPIV31SpecValidator(reply.body).iter_errors()) == []
    declared = {(route.method.lower(), route.path) for route in api.routes}
    documented = {(method, path) for path, item in reply.body["paths"].items() for method in item}
    assert documented == declared | {("get", "/clock")}


async def test_the_reference_reaches_our_own_origin_only_and_stays_out_of_memory(
    store: SqliteStore, redis: RedisClient, tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>API</title>")
    script = tmp_path / "assets" / "main-1a2b.js"
    script.write_text("let x = 1;\n" * 500)
    (tmp_path / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"let x = 1; // compressed before"))
    async with serving(store=store, redis=redis, apps={"/docs": tmp_path}) as api:
        anybody = api.anonymous()
        for path in ("//docs", "//docs/", "//docs/tag/rescues"):
            page = await anybody.get(path)
            assert page.headers["content-type"].startswith("text/html")
            policy = page.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert "http" not in policy
        compressed = await anybody.get("//docs/assets/main-1a2b.js", headers={"accept-encoding": "gzip"})
        assert (compressed.headers["content-encoding"], compressed.body[-6:]) == ("gzip", b"before")
        script.write_text("let x = 2;\n" * 500)
        plain = await anybody.get("//docs/assets/main-1a2b.js", headers={"accept-encoding": "identity"})
        assert plain.body.startswith(b"let x = 2;")
        assert (await anybody.get("//docs/assets/nothing.js")).status == 404


async def test_a_path_below_a_redirect_goes_on_at_its_target(store: SqliteStore, redis: RedisClient) -> None:
    below = {"/sandbox": "http://a.example/sandbox", "/sandbox/{path:path}": "http://a.example/sandbox"}
    async with serving(store=store, redis=redis, redirects=below) as api:
        anybody = api.anonymous()
        for path, target in (
            ("//sandbox", "/sandbox"),
            ("//sandbox/rider", "/sandbox/rider"),
            ("//sandbox/messages?to=%2B1514", "/sandbox/messages?to=%2B1514"),
            ("//sandbox//evil.example", "/sandbox/"),
        ):
            leads = await anybody.get(path)
            assert leads.status == 302
            assert leads.headers["location"].startswith(f"http://a.example{target}"), path


async def test_both_clocks_are_returned(api: Api) -> None:
    reply = await api.anonymous().get("/clock")
    assert set(reply.body) == {"city_time", "wall_time", "speed"}


async def test_the_web_apps_configuration_is_served(api: Api) -> None:
    assert (await api.anonymous().get("//config.json")).body == {"realtime_url": "http://127.0.0.1:8001"}


async def test_assets_of_an_app_are_cached_forever_and_its_page_never(
    store: SqliteStore, redis: RedisClient, tmp_path: Path
) -> None:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>Admin</title>")
    (built / "assets" / "main-1a2b.js").write_text("let x = 1;\n" * 500)
    (tmp_path / "secret.txt").write_text("not for you")
    async with serving(store=store, redis=redis, apps={"/admin": built}, redirects={"/": "/admin"}) as api:
        anybody = api.anonymous()
        for path in ("//admin", "//admin/", "//admin/rescues/r1?tab=2"):
            page = await anybody.get(path)
            assert (page.status, page.headers["cache-control"]) == (200, "no-cache"), path
            assert b"<title>Admin</title>" in page.body
            assert "worker-src 'self';" in page.headers["content-security-policy"]
            assert "ws://127.0.0.1:8001" in page.headers["content-security-policy"]
        script = await anybody.get("//admin/assets/main-1a2b.js", headers={"accept-encoding": "gzip"})
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"].startswith("text/javascript")
        assert (script.headers["content-encoding"], script.headers["vary"]) == ("gzip", "accept-encoding")
        plain = await anybody.get("//admin/assets/main-1a2b.js", headers={"accept-encoding": "identity"})
        assert plain.body == script.body  # the client decompresses it
        assert (await anybody.get("//admin/assets/gone.js")).status == 404
        for path in ("//admin/../secret.txt", "//admin/%2e%2e/secret.txt", "//admin/..%2fsecret.txt"):
            assert b"not for you" not in (await anybody.get(path)).body
        leads = await anybody.get("//")
        assert (leads.status, leads.headers["location"]) == (302, "/admin")


async def test_links_to_the_former_account_page_lead_to_the_apps(
    store: SqliteStore, redis: RedisClient, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Rider</title>")
    async with serving(store=store, redis=redis, apps={"/": tmp_path}, redirects=MOVED_PAGES) as api:
        anybody = api.anonymous()
        for path, target in {
            "//account": "/me",
            "//account/": "/me",
            "//account/reset": "/reset",
            "//account/driving": "/me/driving",
            "//account/anything/else": "/me/anything/else",
        }.items():
            leads = await anybody.get(path, headers={"accept": "text/html"})
            assert (leads.status, leads.headers["location"]) == (302, target), path


async def test_at_the_root_only_what_a_browser_opens_is_a_page_of_the_app(
    store: SqliteStore, redis: RedisClient, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Rider</title>")
    page = {"accept": "text/html,application/xhtml+xml"}
    async with serving(store=store, redis=redis, apps={"/": tmp_path}) as api:
        anybody = api.anonymous()
        assert b"Rider" in (await anybody.get("//")).body
        assert b"Rider" in (await anybody.get("//rescues/res_1", headers=page)).body
        for path, headers in (
            ("//server", {}),
            ("//.env", page),
            ("//backup.zip", page),
            ("//api/v1/x", page),
        ):
            reply = await anybody.get(path, headers=headers)
            assert (reply.status, reply.code) == (404, "not_found"), path
        posted = await anybody.post("//server", {})
        assert (posted.status, posted.code) == (404, "not_found")


async def test_an_asset_that_a_new_build_has_replaced_is_not_found(
    store: SqliteStore, redis: RedisClient, tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("kept.js", "replaced.js"):
        (tmp_path / "assets" / name).write_text("let x = 1;\n")
    async with serving(store=store, redis=redis, apps={"/admin": tmp_path}) as api:
        anybody = api.anonymous()
        assert (await anybody.get("//admin/assets/kept.js")).status == 200
        for name in ("kept.js", "replaced.js"):
            (tmp_path / "assets" / name).unlink()
        assert (await anybody.get("//admin/assets/kept.js")).status == 200  # read before
        assert (await anybody.get("//admin/assets/replaced.js")).status == 404


async def test_every_response_forbids_type_sniffing_and_other_origins(api: Api) -> None:
    rider = await api.person("rider")
    origin = {"origin": "https://evil.example"}
    for reply in (
        await rider.get("/me", headers=origin),
        await rider.get("/nothing", headers=origin),
        await rider.send("OPTIONS", "/me", headers={**origin, "access-control-request-method": "PATCH"}),
    ):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in reply.headers if name.lower().startswith("access-control")]


async def test_head_returns_the_headers_of_get_without_a_body(api: Api) -> None:
    rider = await api.person("rider")
    get, head = await rider.get("/me"), await rider.send("HEAD", "/me")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_options_lists_the_methods_of_a_path(api: Api) -> None:
    reply = await api.anonymous().send("OPTIONS", "/me")
    assert (reply.status, reply.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PATCH")


async def test_concurrent_requests_are_kept_apart(api: Api) -> None:
    people = [await api.person("rider", name=f"Rider {n}") for n in range(8)]
    replies = await asyncio.gather(*(person.get("/me") for person in people * 5))
    assert [reply.body["name"] for reply in replies] == [f"Rider {n}" for n in range(8)] * 5
