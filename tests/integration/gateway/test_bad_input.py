"""Invalid input gets a 4xx problem document that says what is wrong, and changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.http.example_part import WIDGETS
from support.http.server import Api, Client, Reply
from supportcarr.kit.store.sqlite.engine import SqliteStore

GOOD = b'{"label":"a","at":{"lat":45.5,"lng":-73.6}}'

BODIES = [
    (b"", 400, "malformed_body"),
    (b"{", 400, "malformed_body"),
    (b"not json", 400, "malformed_body"),
    (GOOD + b"}", 400, "malformed_body"),
    (b"\xff\xfe\x00", 400, "malformed_body"),
    (b'{"label":"a","at":{"lat":NaN,"lng":1}}', 400, "malformed_body"),
    (b'{"label":"a","at":{"lat":-Infinity,"lng":1}}', 400, "malformed_body"),
    (b"null", 422, "validation_failed"),
    (b"[]", 422, "validation_failed"),
    (b"{}", 422, "validation_failed"),
    (b'{"label":1,"at":{"lat":1,"lng":1}}', 422, "validation_failed"),
    (b'{"label":"","at":{"lat":1,"lng":1}}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":"1","lng":1}}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":90.1,"lng":1}}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":1,"lng":-180.1}}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":1e400,"lng":1}}', 422, "validation_failed"),
    (b'{"label":"a","at":null}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":1,"lng":1},"more":1}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":1,"lng":1},"count":1.5}', 422, "validation_failed"),
    (b'{"label":"a","at":{"lat":1,"lng":1},"count":9223372036854775808}', 422, "validation_failed"),
    (b"[" * 4000, 400, "malformed_body"),
    (b'{"label":"' + b"a" * 5000 + b'"}', 413, "body_too_large"),
]


def expect_problem(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.code) == (status, code), reply
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["status"] == status
    assert reply.body["title"]
    assert reply.body["detail"]
    assert reply.body["request_id"] == reply.headers["x-request-id"]
    assert "Traceback" not in str(reply.body)


@pytest.mark.parametrize(("raw", "status", "code"), BODIES)
async def test_an_invalid_body_is_rejected_and_changes_nothing(
    api: Api, store: SqliteStore, raw: bytes, status: int, code: str
) -> None:
    rider = await api.person("rider")
    expect_problem(await rider.create("/widgets", raw=raw), status, code)
    assert await store.collection(WIDGETS).count() == 0


async def test_a_body_of_another_media_type_is_rejected(api: Api) -> None:
    rider = await api.person("rider")
    reply = await rider.create("/widgets", raw=GOOD, headers={"content-type": "text/plain"})
    expect_problem(reply, 415, "unsupported_media_type")
    charset = {"content-type": "Application/JSON; charset=utf-8"}
    assert (await rider.create("/widgets", raw=GOOD, headers=charset)).status == 201


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 200, None),
        (b"{}", 200, None),
        (b"null", 200, None),
        (b"{", 400, "malformed_body"),
        (b"[]", 422, "validation_failed"),
        (b'{"amount_minor":5}', 422, "validation_failed"),
        (b"x" * 5000, 413, "body_too_large"),
    ],
)
async def test_a_route_without_a_body_rejects_a_body(
    api: Api, raw: bytes, status: int, code: str | None
) -> None:
    rider = await api.person("rider")
    reply = await rider.create("/widgets/x/tip", raw=raw)
    if code is None:
        assert reply.status == status
    else:
        expect_problem(reply, status, code)
    assert (await rider.get("/me", raw=raw, headers={"content-type": "text/plain"})).status == 200


async def test_a_body_without_a_declared_length_is_cut_off_at_the_limit(api: Api) -> None:
    rider = await api.person("rider")

    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 1000

    url = f"{api.url}/api/v1/widgets"
    headers = {
        "authorization": f"Bearer {rider.token}",
        "content-type": "application/json",
        "idempotency-key": "k",
    }
    async with api.session.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413
        # the unread rest of the body would precede the connection's next request
        assert answer.headers["connection"] == "close"


async def test_a_truncated_body_changes_nothing(api: Api, store: SqliteStore) -> None:
    rider = await api.person("rider")
    port = int(api.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/widgets HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"idempotency-key: k\r\ncontent-length: 400\r\nauthorization: Bearer "
        + (rider.token or "").encode()
        + b'\r\n\r\n{"label":'
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await rider.get("/me")).status == 200
    assert await store.collection(WIDGETS).count() == 0


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_a_body_sent_in_pieces_is_read_completely_and_the_connection_is_reused(
    api: Api, store: SqliteStore, framing: str
) -> None:
    rider = await api.person("rider")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    length = b"content-length: %d\r\n" % len(GOOD)
    for turn in (1, 2):
        writer.write(
            b"POST /api/v1/widgets HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"idempotency-key: key-%d\r\nauthorization: Bearer %b\r\n"
            % (turn, (rider.token or "").encode())
            + (length if framing == "length" else b"transfer-encoding: chunked\r\n")
            + b"\r\n"
        )
        for piece in (GOOD[:7], GOOD[7:20], GOOD[20:]):
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(piece if framing == "length" else b"%x\r\n%b\r\n" % (len(piece), piece))
        if framing != "length":
            writer.write(b"0\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201 "), head
        length_header = next(
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        await reader.readexactly(int(length_header.partition(b":")[2]))
        assert await store.collection(WIDGETS).count() == turn
    writer.close()


async def test_a_body_with_two_lengths_is_rejected(api: Api, store: SqliteStore) -> None:
    rider = await api.person("rider")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(
        b"POST /api/v1/widgets HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"idempotency-key: k\r\nauthorization: Bearer %b\r\n"
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        % ((rider.token or "").encode(), len(GOOD), GOOD)
    )
    answer = await reader.read()  # until the connection is closed
    assert answer.startswith(b"HTTP/1.1 400 ") and b'"code":"malformed_request"' in answer
    assert await store.collection(WIDGETS).count() == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "lat"),
        ("lat=1", "lng"),
        ("lat=nan&lng=1", "lat"),
        ("lat=1&lng=inf", "lng"),
        ("lat=91&lng=1", "lat"),
        ("lat=1&lng=1&lng=2", "lng"),
        ("lat=1&lng=1&wide=maybe", "wide"),
        ("lat=1&lng=1&z=1", "z"),
        ("lat=%FF&lng=1", "lat"),
    ],
)
async def test_an_invalid_query_is_rejected(api: Api, query: str, field: str) -> None:
    reply = await api.anonymous().get(f"/near?{query}")
    expect_problem(reply, 422, "validation_failed")
    assert [error["field"] for error in reply.body["errors"][:1]] == [field]


async def create_widget(rider: Client) -> str:
    reply = await rider.create("/widgets", raw=GOOD)
    assert reply.status == 201
    return str(reply.body["id"])


@pytest.mark.parametrize(
    "if_match", ["7", '"x"', 'w/"1"', '"1", "2"', "", '"-1"', '"1', '"9999999999999999999"']
)
async def test_a_malformed_if_match_is_rejected(api: Api, if_match: str) -> None:
    rider = await api.person("rider")
    widget = await create_widget(rider)
    reply = await rider.patch(f"/widgets/{widget}", {"at": {"lat": 1, "lng": 1}}, if_match=if_match)
    expect_problem(reply, 400, "invalid_header")
    assert (await rider.get(f"/widgets/{widget}")).body["lat"] == 45.5


@pytest.mark.parametrize("if_match", ["1", "7", "*"])
async def test_if_match_on_a_route_without_versions_is_rejected(api: Api, if_match: str) -> None:
    rider = await api.person("rider")
    widget = await create_widget(rider)
    headers = {"if-match": if_match if if_match == "*" else f'"{if_match}"'}
    before = (await rider.get("/widgets/count")).body
    expect_problem(await rider.create("/widgets", raw=GOOD, headers=headers), 400, "invalid_header")
    expect_problem(await rider.get(f"/widgets/{widget}", headers=headers), 400, "invalid_header")
    assert (await rider.get("/widgets/count")).body == before


async def test_a_stale_version_is_rejected_and_the_current_one_accepted(api: Api) -> None:
    rider = await api.person("rider")
    widget = await create_widget(rider)
    move = {"at": {"lat": 1, "lng": 1}}
    expect_problem(await rider.patch(f"/widgets/{widget}", move, if_match=2), 412, "stale_version")
    reply = await rider.patch(f"/widgets/{widget}", move, if_match=1)
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    assert (await rider.patch(f"/widgets/{widget}", move, if_match="*")).status == 200


async def test_a_tag_that_a_proxy_weakened_names_the_same_version(api: Api) -> None:
    rider = await api.person("rider")
    widget = await create_widget(rider)
    move = {"at": {"lat": 1, "lng": 1}}
    stale = await rider.patch(f"/widgets/{widget}", move, headers={"if-match": 'W/"2"'})
    expect_problem(stale, 412, "stale_version")
    changed = await rider.patch(f"/widgets/{widget}", move, headers={"if-match": 'W/"1"'})
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    for tags in ('W/"2"', '"1", W/"2"'):
        assert (await rider.get(f"/widgets/{widget}", headers={"if-none-match": tags})).status == 304


@pytest.mark.parametrize(
    "widget_id", ["wdg_01jdc0000000000000000000r1", "x", "%00", "..%2f..%2fetc", "a" * 900, "é"]
)
async def test_a_missing_resource_is_not_found(api: Api, widget_id: str) -> None:
    rider = await api.person("rider")
    expect_problem(await rider.get(f"/widgets/{widget_id}"), 404, "not_found")


async def test_unknown_paths_and_methods_return_problem_documents(api: Api) -> None:
    rider = await api.person("rider")
    expect_problem(await rider.get("/nothing"), 404, "not_found")
    expect_problem(await rider.get("//nothing/at/all"), 404, "not_found")
    reply = await rider.delete("/me")
    expect_problem(reply, 405, "method_not_allowed")
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"


@pytest.mark.parametrize("how", ["code", "cancelled"])
async def test_an_internal_error_is_reported_without_its_cause(api: Api, how: str) -> None:
    reply = await api.anonymous().get(f"/fail/{how}")
    expect_problem(reply, 500, "internal_error")
    assert "secret" not in str(reply.body)


async def test_an_unavailable_store_is_503_with_retry_after(api: Api) -> None:
    reply = await api.anonymous().get("/fail/store")
    expect_problem(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "1"


async def test_a_version_conflict_that_was_not_retried_is_409(api: Api) -> None:
    expect_problem(await api.anonymous().get("/fail/race"), 409, "conflict")


async def test_a_webhook_receives_the_raw_bytes(api: Api) -> None:
    reply = await api.anonymous().post("/hooks", raw=b"\xff\x00{", headers={"content-type": "text/x"})
    assert (reply.status, reply.body) == (200, {"bytes": 3})


async def test_a_valid_request_id_is_kept_and_an_invalid_one_replaced(api: Api) -> None:
    anybody = api.anonymous()
    kept = await anybody.get("/clock", headers={"x-request-id": "trace-0123456789"})
    assert kept.headers["x-request-id"] == "trace-0123456789"
    for bad in ("short", "a" * 65, "with space in it", "quote\"'<script>"):
        replaced = await anybody.get("/clock", headers={"x-request-id": bad})
        assert replaced.headers["x-request-id"].startswith("req-")
    first, second = await anybody.get("/clock"), await anybody.get("/clock")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_an_unchanged_resource_is_not_sent_again(api: Api) -> None:
    rider = await api.person("rider")
    etag = (await rider.get("/me")).headers["etag"]
    again = await rider.get("/me", headers={"if-none-match": etag})
    assert (again.status, again.body) == (304, b"")
    assert (await rider.get("/me", headers={"if-none-match": '"99"'})).status == 200
