"""Prometheus metrics: one registry per process, served by ``metrics_server`` on a port of its own.

What happens often is counted in plain numbers by the component that does it, and read when Prometheus
asks.  What each metric means is declared once, in a catalogue that the process passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

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
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from supportcarr.kit.observability.timings import Timings

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it unannotated

METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
CACHE_REQUESTS = "cache_requests_total"

Kind = Literal["counter", "gauge", "histogram"]
Labelled = Iterable[tuple[tuple[str, ...], float]]  # label values, the value
LabelledBuckets = Iterable[tuple[tuple[str, ...], Timings]]


@dataclass(frozen=True, slots=True)
class Described:
    """What a metric means: ``help`` is a sentence, ``labels`` says what values each label can have."""

    name: str  # as Prometheus shows it; of a counter with _total
    kind: Kind
    help: str
    labels: Mapping[str, str] = field(default_factory=dict)


def histogram_of(name: str, help: str, labels: Sequence[str], found: LabelledBuckets) -> Metric:
    """The family of a histogram, with exemplars where there are."""
    family = HistogramMetricFamily(name, help, labels=labels)
    for values, timings in found:
        total = 0
        buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        for n, (bound, count) in enumerate(zip((*timings.bounds, float("inf")), timings.counts, strict=True)):
            total += count
            shown = "+Inf" if bound == float("inf") else str(bound)
            linked = timings.exemplars.get(n)
            if linked is None:
                buckets.append((shown, total))
            else:
                exemplar = Exemplar({"trace_id": linked[0]}, linked[1], linked[2])
                buckets.append((shown, total, exemplar))
        family.add_metric(values, buckets, sum_value=timings.seconds)
    return family


class RequestMetrics(Collector):
    """``http_request_duration_seconds`` by method, route and status; its ``_count`` counts requests.

    ``http_responses_total`` counts them by the class of the status alone, from 0: Prometheus sees no increase
    in the first value of a series, and the first error of a route begins one.
    """

    NAME = "http_request_duration_seconds"
    RESPONSES = "http_responses_total"

    def __init__(self, help_of: Callable[[str], str] = str) -> None:
        self._help_of = help_of
        self._timings: dict[tuple[str, str, int], Timings] = {}

    def timings(self, method: str, route: str, status: int) -> Timings:
        """The timings of those labels; keep the returned object.

        A method unknown to HTTP is counted as ``OTHER``: clients can send any number of them.
        """
        method = method if method in METHODS else "OTHER"
        return self._timings.setdefault((method, route, status), Timings())

    def collect(self) -> Iterator[Metric]:
        found = [((m, route, str(status)), t) for (m, route, status), t in list(self._timings.items())]
        yield histogram_of(self.NAME, self._help_of(self.NAME), ("method", "route", "status"), found)
        responses = CounterMetricFamily(
            self.RESPONSES, self._help_of(self.RESPONSES), labels=("status_class",)
        )
        for first in "12345":
            counted = [sum(timings.counts) for (_, _, status), timings in found if status[0] == first]
            responses.add_metric((f"{first}xx",), sum(counted))
        yield responses


class ReadCollector(Collector):
    """Metrics that components count themselves, read when they are scraped.

    ``read`` asks the components, on the loop's thread, since their figures change there.  Histograms are
    read while they are rendered, in any thread: that takes long, and they only hold plain numbers.
    """

    def __init__(self, help_of: Callable[[str], str]) -> None:
        self._help_of = help_of
        self.stats: list[tuple[str, Callable[[], Mapping[str, float]]]] = []
        self.caches: dict[str, Callable[[], tuple[float, float]]] = {}
        self.families: list[tuple[str, tuple[str, ...], Callable[[], Labelled]]] = []
        self.histograms: list[tuple[str, tuple[str, ...], Callable[[], LabelledBuckets]]] = []
        self._found: list[Metric] = []

    def _family(self, name: str, labels: Sequence[str] = ()) -> CounterMetricFamily | GaugeMetricFamily:
        of = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        return of(name, self._help_of(name), labels=labels)

    def collect(self) -> Iterator[Metric]:
        yield from self._found
        for name, labels, read_buckets in self.histograms:
            yield histogram_of(name, self._help_of(name), labels, read_buckets())

    def read(self) -> None:
        """Ask every component."""
        self._found = list(self._read())

    def _read(self) -> Iterator[Metric]:
        for prefix, read in self.stats:
            for name, value in read().items():
                family = self._family(f"{prefix}_{name}")
                family.add_metric((), value)
                yield family
        if self.caches:
            family = self._family(CACHE_REQUESTS, ("cache", "result"))
            for cache, looked_up in self.caches.items():
                hits, misses = looked_up()
                family.add_metric((cache, "hit"), hits)
                family.add_metric((cache, "miss"), misses)
            yield family
        for name, labels, read_values in self.families:
            family = self._family(name, labels)
            for values, value in read_values():
                family.add_metric(values, value)
            yield family


class Metrics:
    """The metrics of one process.  Asking twice for a name returns the same metric.

    Help texts come from *catalogue*; a metric that is not in it has its name as its help.
    """

    def __init__(self, catalogue: Iterable[Described] = ()) -> None:
        self._described = {one.name: one for one in catalogue}
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = RequestMetrics(self.help_of)
        self.registry.register(self.requests)
        self._reads = ReadCollector(self.help_of)
        self.registry.register(self._reads)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}

    def help_of(self, name: str) -> str:
        """What the catalogue says of a metric."""
        described = self._described.get(name)
        return name if described is None else described.help

    def counter(self, name: str, labels: Sequence[str] = ()) -> Counter:
        """A counter; *name* ends in ``_total``."""
        if name not in self._counters:
            self._counters[name] = Counter(name, self.help_of(name), labels, registry=self.registry)
        return self._counters[name]

    def gauge(self, name: str, labels: Sequence[str] = ()) -> Gauge:
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, self.help_of(name), labels, registry=self.registry)
        return self._gauges[name]

    def gauge_of(self, name: str, read: Callable[[], float]) -> Gauge:
        """A gauge whose value is read when it is scraped."""
        gauge = self.gauge(name)
        gauge.set_function(read)
        return gauge

    def register_stats(self, prefix: str, read: Callable[[], Mapping[str, float]]) -> None:
        """Export each figure that *read* returns, as ``PREFIX_NAME``.

        A name that ends in ``_total`` is a counter, any other a gauge.
        """
        self._reads.stats.append((prefix, read))

    def register_cache(self, cache: str, read: Callable[[], tuple[float, float]]) -> None:
        """Export how often a cache had what was asked for, and how often not, as *read* returns it."""
        self._reads.caches[cache] = read

    def register_values(self, name: str, labels: Sequence[str], read: Callable[[], Labelled]) -> None:
        """Export the values that *read* returns, each with the values of *labels*."""
        self._reads.families.append((name, tuple(labels), read))

    def register_timings(self, name: str, labels: Sequence[str], read: Callable[[], LabelledBuckets]) -> None:
        """Export what *read* returns as a histogram."""
        self._reads.histograms.append((name, tuple(labels), read))

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        self._reads.read()
        return generate_latest(self.registry)

    def answer(self, accept: str) -> Callable[[], tuple[bytes, str]]:
        """Read all metrics; what is returned renders them in the format that *accept* asks for, and says its
        content type.

        Call that in another thread: of some hundred routes it takes a tenth of a second, for which the loop
        would answer nobody.  OpenMetrics has exemplars, which link a bucket to a trace.
        """
        self._reads.read()
        encode, content_type = choose_encoder(accept)
        return lambda: (encode(self.registry), content_type)
