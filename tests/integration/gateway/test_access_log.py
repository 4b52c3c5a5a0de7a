"""Every request writes a log line: caller, route, outcome; never a path, query, token or body."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from support.http.example_part import widget_routes
from support.http.server import serving
from supportcarr.kit.observability import sampling
from supportcarr.kit.observability.structured_log import LogWriter
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore


async def test_access_log_lines_describe_the_request_and_contain_no_secret(
    store: SqliteStore, redis: RedisClient, tmp_path: Path
) -> None:
    file = tmp_path / "access.jsonl"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    writer = LogWriter(descriptor)
    async with serving(widget_routes(store), store=store, redis=redis, access_log=writer) as api:
        rider = await api.person("rider")
        await rider.get("/me", headers={"x-request-id": "trace-0123456789"})
        await rider.get("/widgets/secret-name?token=secret-value")
        await rider.create("/widgets", {"label": "secret-label"})
        await rider.get("/secret-path")
        await rider.get("//healthz")
    writer.close()
    os.close(descriptor)
    text = file.read_text()
    assert "secret" not in text
    assert str(rider.token) not in text
    lines = [msgspec.json.decode(line) for line in text.splitlines()]
    assert [(line["method"], line["route"], line["status"], line.get("code")) for line in lines] == [
        ("GET", "/api/v1/me", 200, None),
        ("GET", "/api/v1/widgets/{widget_id}", 422, "validation_failed"),
        ("POST", "/api/v1/widgets", 422, "validation_failed"),
        ("GET", "unmatched", 404, "not_found"),
    ]
    first = lines[0]
    assert (first["request_id"], first["user_id"], first["address"]) == (
        "trace-0123456789",
        rider.user_id,
        rider.address,
    )
    assert first["ms"] > 0


async def test_a_flood_of_refused_requests_leaves_few_lines_and_exact_metrics(
    store: SqliteStore, redis: RedisClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "WINDOW_SECONDS", 3600.0)  # all of it in one, however long it takes
    file = tmp_path / "access.jsonl"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    writer = LogWriter(descriptor, repeats=3)
    async with serving(widget_routes(store), store=store, redis=redis, access_log=writer) as api:
        stranger, rider = api.anonymous(), await api.person("rider")
        for _ in range(40):
            await stranger.get("/me")
            await rider.get("/me")
        metrics = api.metrics.render().decode()
    writer.close()
    os.close(descriptor)
    lines = [msgspec.json.decode(line) for line in file.read_text().splitlines()]
    requests = [line["status"] for line in lines if line["event"] == "request"]
    assert (requests.count(401), requests.count(200)) == (3, 40)
    (summary,) = [line for line in lines if line["event"] == "log_lines_suppressed"]
    assert (summary["route"], summary["status"], summary["lines"]) == ("/api/v1/me", 401, 37)
    assert 'method="GET",route="/api/v1/me",status="401"} 40.0' in metrics
