"""The access line of a request."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from supportcarr.gateway.access_log import AccessLine


def test_an_access_line_omits_unknown_fields() -> None:
    line = AccessLine(
        at=datetime.now(UTC),
        level="info",
        event="request",
        request_id="req-1",
        method="GET",
        route="/api/v1/me",
        status=200,
        ms=0.5,
        address="203.0.113.9",
    )
    written = msgspec.json.decode(msgspec.json.encode(line))
    assert (written["event"], written["route"], written["status"]) == ("request", "/api/v1/me", 200)
    assert not {"user_id", "rescue_id", "code"} & set(written)
