"""Prometheus metrics: one registry per process, served by ``metrics_server`` on a port of its own.

Keep the labelled child that ``labels()`` returns: looking it up costs more than counting does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it unannotated

METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
# upper bounds of the latency buckets, seconds
LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Timings:
    """Durations of one kind of request, in buckets.  Not thread-safe: for the event loop's thread."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCY_S) + 1)
        self.seconds = 0.0

    def observe(self, seconds: float) -> None:
        # a bucket holds durations less than or equal to its bound
        self.counts[bisect_left(LATENCY_S, seconds)] += 1
        self.seconds += seconds


class RequestMetrics(Collector):
    """``http_request_duration_seconds`` by method, route and status; its ``_count`` counts requests.

    Uses plain integers on the event loop's thread: a Prometheus histogram takes a lock twice per
    observation, which costs five times as much.
    """

    def __init__(self) -> None:
        self._timings: dict[tuple[str, str, int], Timings] = {}

    def timings(self, method: str, route: str, status: int) -> Timings:
        """The timings of those labels; keep the returned object.

        A method unknown to HTTP is counted as ``OTHER``: clients can send any number of them.
        """
        method = method if method in METHODS else "OTHER"
        return self._timings.setdefault((method, route, status), Timings())

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time from the first byte of a request to the last of its response",
            labels=("method", "route", "status"),
        )
        for (method, route, status), timings in list(self._timings.items()):
            total, buckets = 0, []
            for bound, count in zip((*LATENCY_S, float("inf")), timings.counts, strict=True):
                total += count
                buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
            family.add_metric((method, route, str(status)), buckets, sum_value=timings.seconds)
        yield family


class StatsCollector(Collector):
    """Figures that a component counts itself, read when they are scraped.

    A name that ends in ``_total`` is a counter, any other a gauge.
    """

    def __init__(self, prefix: str, read: Callable[[], Mapping[str, float]]) -> None:
        self._prefix = prefix
        self._read = read

    def collect(self) -> Iterator[Metric]:
        for name, value in self._read().items():
            family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            description = f"{self._prefix}: {name.removesuffix('_total')}".replace("_", " ")
            yield family(f"{self._prefix}_{name}", description, value=value)


class Metrics:
    """The metrics of one process.  Asking twice for a name returns the same metric."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = RequestMetrics()
        self.registry.register(self.requests)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> Counter:
        if name not in self._counters:
            self._counters[name] = Counter(name, help, labels, registry=self.registry)
        return self._counters[name]

    def gauge(self, name: str, help: str, labels: Sequence[str] = ()) -> Gauge:
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, help, labels, registry=self.registry)
        return self._gauges[name]

    def gauge_of(self, name: str, help: str, read: Callable[[], float]) -> Gauge:
        """A gauge whose value is read when it is scraped."""
        gauge = self.gauge(name, help)
        gauge.set_function(read)
        return gauge

    def register_stats(self, prefix: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Export each figure that *read* returns, as ``PREFIX_NAME``."""
        self.registry.register(StatsCollector(prefix, read))

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
