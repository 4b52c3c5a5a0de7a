"""Lines that say the same are written a few times in a window, then counted: no flood fills the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import structlog

from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.sampling import WINDOW_SECONDS, LineSampler
from supportcarr.kit.observability.settings import LogSettings


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]


def test_of_each_kind_the_first_lines_of_a_window_are_written_and_the_others_counted() -> None:
    time = Time()
    sampler = LineSampler(3, monotonic=time)
    assert [sampler.admits("request", "info", "/me", 429) for _ in range(1000)].count(True) == 3
    assert sampler.admits("request", "info", "/me", 503)
    assert list(sampler.ended()) == []
    time.now += WINDOW_SECONDS
    assert list(sampler.ended()) == [
        {"lines": 997, "of": "request", "of_level": "info", "route": "/me", "status": 429}
    ]
    assert sampler.admits("request", "info", "/me", 429)
    assert list(sampler.ended(at_once=True)) == []


def test_any_number_of_kinds_is_bounded_too() -> None:
    sampler = LineSampler(1)
    assert [sampler.admits(f"kind {n}") for n in range(5000)].count(True) == 1001
    (summary,) = sampler.ended(at_once=True)
    assert summary == {"lines": 3999, "of": "other lines"}


def test_without_a_bound_all_lines_are_written() -> None:
    sampler = LineSampler(0)
    assert all(sampler.admits("request") for _ in range(1000))


def test_a_flood_of_log_calls_leaves_few_lines_and_an_exact_count(tmp_path: Path) -> None:
    file = tmp_path / "log"
    logs.configure(LogSettings(file=str(file), repeats=5))
    try:
        log = structlog.get_logger("x")
        for number in range(1000):
            log.info("connection_refused", status=503, address=f"192.0.2.{number % 250}")
        log.warning("process_died", role="api")
    finally:
        logs.shut_down()
        structlog.reset_defaults()
    *kept, summary = lines_of(file)
    assert [line["event"] for line in kept] == ["connection_refused"] * 5 + ["process_died"]
    assert (summary["event"], summary["of"], summary["status"], summary["lines"]) == (
        "log_lines_suppressed",
        "connection_refused",
        503,
        995,
    )
