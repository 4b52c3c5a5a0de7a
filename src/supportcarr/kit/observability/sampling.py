"""Bounds the log lines that say the same: the first of each window are written, the others are counted.

Whoever can make a process write a line can do so without end, so no kind of line may cost a line each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

WINDOW_SECONDS = 10.0
_MOST_KINDS = 1000  # in a window; the lines of further kinds count as one
_OTHERS = ("other lines",)

Kind = tuple[object, ...]  # event, level, route, status, code: as many as are known


class LineSampler:
    """Admits *repeats* lines of each kind in a window (0: all).  For any thread."""

    def __init__(self, repeats: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._repeats = repeats
        self._now = monotonic
        self._lock = threading.Lock()
        self._counts: dict[Kind, int] = {}
        self._window_ends = monotonic() + WINDOW_SECONDS

    def admits(self, *kind: object) -> bool:
        """Whether one more line of that kind is written; it is counted."""
        if not self._repeats:
            return True
        with self._lock:
            counts = self._counts
            if kind not in counts and len(counts) >= _MOST_KINDS:
                kind = _OTHERS
            count = counts[kind] = counts.get(kind, 0) + 1
            return count <= self._repeats

    def ended(self, *, at_once: bool = False) -> Iterator[dict[str, Any]]:
        """What was not written in the last window, if it has ended: one summary of each kind."""
        if not self._counts or not (at_once or self._now() >= self._window_ends):
            return
        with self._lock:
            counts, self._counts = self._counts, {}
            self._window_ends = self._now() + WINDOW_SECONDS
        names = ("of", "of_level", "route", "status", "code")
        for kind, count in counts.items():
            if count > self._repeats:
                told = {name: value for name, value in zip(names, kind, strict=False) if value is not None}
                yield {"lines": count - self._repeats, **told}
