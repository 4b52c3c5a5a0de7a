"""Durations in buckets, counted with plain integers on one thread.

A histogram of ``prometheus_client`` takes a lock twice per observation, which costs five times as much.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator

# Upper bounds of the buckets, seconds: among them the objectives of the store (0.05), of real time (0.1)
# and of the API (0.2), so that a rule can count what was slower.
LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Of work that may take minutes: jobs, lags.
LONG_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

Exemplar = tuple[str, float, float]  # trace id, the duration in seconds, the wall time (Unix seconds)

_trace_id: Callable[[], str | None] | None = None


def set_exemplars(trace_id: Callable[[], str | None] | None) -> None:
    """Link observations to traces: *trace_id* returns the id of the current trace if it is recorded.

    It is called at each observation, so it must be cheap.  ``None`` turns exemplars off.
    """
    global _trace_id
    _trace_id = trace_id


def trace_id() -> str | None:
    """The trace of this task's work, for ``Timings.observe_for`` when somebody else ends it."""
    return None if _trace_id is None else _trace_id()


class Timings:
    """Durations of one kind.  Not thread-safe: for the event loop's thread."""

    __slots__ = ("bounds", "counts", "exemplars", "seconds")

    def __init__(self, bounds: tuple[float, ...] = LATENCY_S) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0
        self.exemplars: dict[int, Exemplar] = {}  # the latest of each bucket

    def observe(self, seconds: float) -> None:
        self.observe_for(seconds, None if _trace_id is None else _trace_id())

    def observe_for(self, seconds: float, trace_id: str | None) -> None:
        """Observe what was done in that trace; ``None``: in none."""
        # a bucket holds durations less than or equal to its bound
        bucket = bisect_left(self.bounds, seconds)
        self.counts[bucket] += 1
        self.seconds += seconds
        if trace_id is not None:
            self.exemplars[bucket] = trace_id, seconds, time.time()


class LabelledTimings:
    """Timings by one label, whose values come from the code and never from a client."""

    def __init__(self, bounds: tuple[float, ...] = LATENCY_S) -> None:
        self._bounds = bounds
        self._of: dict[str, Timings] = {}

    def of(self, value: str) -> Timings:
        """The timings of that label's value; keep the returned object where it is observed often."""
        found = self._of.get(value)
        if found is None:
            found = self._of[value] = Timings(self._bounds)
        return found

    def items(self) -> Iterator[tuple[tuple[str, ...], Timings]]:
        for value, timings in list(self._of.items()):
            yield (value,), timings
