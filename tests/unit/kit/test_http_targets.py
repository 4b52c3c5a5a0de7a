"""What is kept of request lines is what the front said, and never more than there is room for."""

from __future__ import annotations

import asyncio

import pytest

from supportcarr.kit.http.target_cache import KEPT, LONGEST, RouteMatch, TargetCache
from supportcarr.kit.http.types import Reply, Request


class Front:
    """Knows what is below ``/known``, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def find(self, method: str, path: str) -> str | None:
        self.asked += 1
        return f"{method} {path}" if path.startswith("/known") else None

    def on_suspended(self, found: str, task: asyncio.Task[Reply]) -> None:
        raise AssertionError("nothing is answered here")

    async def answer(self, found: str, request: Request) -> Reply:
        raise AssertionError("nothing is answered here")


def test_a_line_that_was_read_before_is_not_asked_about_again() -> None:
    front = Front()
    targets = TargetCache(front)
    for _ in range(3):
        assert targets.of(b"GET", b"/known/1") == RouteMatch("GET /known/1", "GET", "/known/1", b"")
    assert front.asked == 1


def test_another_method_or_path_is_another_line() -> None:
    targets = TargetCache(Front())
    lines = [(b"GET", b"/known/1"), (b"POST", b"/known/1"), (b"GET", b"/known/2"), (b"GET", b"/known/1/")]
    for _ in range(2):
        found = [target.found for target in (targets.of(*line) for line in lines) if target]
        assert found == ["GET /known/1", "POST /known/1", "GET /known/2", "GET /known/1/"]


def test_a_query_is_told_and_its_line_is_asked_about_each_time() -> None:
    front = Front()
    targets = TargetCache(front)
    assert targets.of(b"GET", b"/known?a=1") == RouteMatch("GET /known", "GET", "/known", b"a=1")
    assert targets.of(b"GET", b"/known?a=2") == RouteMatch("GET /known", "GET", "/known", b"a=2")
    assert front.asked == 2


@pytest.mark.parametrize(
    "url", [b"/unknown", b"*", b"http://x/known", b"/kno%77n", b"/known#x", "/known/é".encode(), b""]
)
def test_what_is_not_known_or_not_written_plainly_is_nobodys(url: bytes) -> None:
    targets = TargetCache(Front())
    assert targets.of(b"GET", url) is targets.of(b"GET", url) is None


def test_without_a_front_nothing_is_known() -> None:
    assert TargetCache(None).of(b"GET", b"/known") is None


def test_neither_many_lines_nor_long_ones_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEPT * LONGEST < 1_000_000
    monkeypatch.setattr("supportcarr.kit.http.target_cache.KEPT", 10)
    targets = TargetCache(Front())
    for n in range(25):
        target = targets.of(b"GET", b"/known/%d" % n)
        assert target is not None and target.path == f"/known/{n}"
        assert len(targets._known) <= 10
    before = len(targets._known)
    assert targets.of(b"GET", b"/known/" + b"x" * LONGEST) is not None
    assert len(targets._known) == before
