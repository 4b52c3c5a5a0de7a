"""A request looks up its route once and crosses few of our files before its handler."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.http.request_trace import traces
from support.platform.in_process import running_platform
from supportcarr.kit.ratelimit import limiter

MOST_FILES = 12


async def test_a_request_crosses_at_most_twelve_files_and_one_route_lookup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "LEASE_SECONDS", 600.0)  # that of the first request, for the others too
    async with running_platform(tmp_path) as platform:
        seen = [(name, trace) async for name, trace in traces(platform)]
    assert [name for name, _ in seen] == ["GET /me", "GET /me/notifications?limit=5", "PATCH /me"]
    for name, trace in seen:
        assert trace.answer.startswith(b"HTTP/1.1 200 "), name
        assert trace.handler is not None, name
        assert len(trace.files) <= MOST_FILES, (name, trace.files)
        assert trace.lookups <= 1, name
    by_name = dict(seen)
    assert by_name["GET /me"].lookups == 0  # its target is cached
    assert by_name["PATCH /me"].lookups == 1
