"""Statistics of the simulated clients' HTTP requests."""

from __future__ import annotations

from collections import Counter

import msgspec


class HttpSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and latency percentiles.

    *failed* requests had no response (connection lost, timeout).  *refused_503* are 503 with Retry-After;
    *errors_5xx* are all other 5xx.  Latencies are those of requests with a response, in milliseconds.
    """

    requests: int
    failed: int
    refused_503: int
    errors_5xx: int
    p50_ms: float | None
    p95_ms: float | None


class HttpStats:
    """Counts requests (a retry counts again) and their latencies, in bounded memory.

    Latencies are rounded to 0.1 ms below 100 ms and to 1 ms above.
    """

    def __init__(self) -> None:
        self.requests = self.failed = self.refused_503 = self.errors_5xx = 0
        self._latencies: Counter[float] = Counter()
        self.problems: Counter[str] = Counter()  # by method, path, status and code; for diagnosis

    def record_response(
        self, status: int, elapsed_s: float, *, retry_after: bool, route: str, code: str
    ) -> None:
        self.requests += 1
        ms = elapsed_s * 1000
        self._latencies[round(ms, 1) if ms < 100 else float(round(ms))] += 1
        if status == 503 and retry_after:
            self.refused_503 += 1
        elif status >= 500:
            self.errors_5xx += 1
        if status >= 400:
            self.problems[f"{route} {status} {code}".rstrip()] += 1

    def record_failure(self, route: str, error: str) -> None:
        self.requests += 1
        self.failed += 1
        self.problems[f"{route} {error}"] += 1

    def summary(self) -> HttpSummary:
        return HttpSummary(
            requests=self.requests,
            failed=self.failed,
            refused_503=self.refused_503,
            errors_5xx=self.errors_5xx,
            p50_ms=self._percentile(0.50),
            p95_ms=self._percentile(0.95),
        )

    def _percentile(self, part: float) -> float | None:
        total = sum(self._latencies.values())
        remaining = part * total
        for ms, count in sorted(self._latencies.items()):
            remaining -= count
            if remaining <= 0:
                return ms
        return None
