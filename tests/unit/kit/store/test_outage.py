"""An outage of a store is logged once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from supportcarr.kit.store.outage import Outage


async def test_an_outage_is_logged_once_and_its_end_once(logs: list[MutableMapping[str, Any]]) -> None:
    now = 100.0
    outage = Outage(quiet_s=10, now=lambda: now)
    outage.record_failure(OSError("before it was open"))
    assert not outage.active
    outage.begin()
    for _ in range(50):
        outage.record_failure(OSError("gone"))
        outage.record_success()  # of a call that needs less, reads for example
        now += 1
    assert outage.active
    now += 20
    outage.record_success()
    outage.record_success()
    assert not outage.active
    assert [(line["event"], line.get("error"), line.get("outage_s")) for line in logs] == [
        ("store_failed", "gone", None),
        ("store_recovered", None, 49.0),
    ]


async def test_a_closed_store_reports_no_outage(logs: list[MutableMapping[str, Any]]) -> None:
    outage = Outage()
    outage.begin()
    outage.end()
    outage.record_failure(OSError("closed"))
    assert logs == []
