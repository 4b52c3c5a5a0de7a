"""Metrics: one registry per process, and latencies as Prometheus histograms."""

from __future__ import annotations

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from supportcarr.kit.observability.metrics import Described, Metrics
from supportcarr.kit.observability.timings import LATENCY_S, LabelledTimings, set_exemplars


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def test_a_request_is_counted_in_every_bucket_at_or_above_its_latency() -> None:
    metrics = Metrics()
    timings = metrics.requests.timings("GET", "/api/v1/me", 200)
    for seconds in (0.0005, 0.001, 0.003, 60.0):
        timings.observe(seconds)
    labels = (("method", "GET"), ("route", "/api/v1/me"), ("status", "200"))
    read = samples(metrics)

    def bucket(bound: str) -> float:
        return read["http_request_duration_seconds_bucket", (("le", bound), *labels)]

    assert [bucket("0.001"), bucket("0.0025"), bucket("0.005"), bucket(str(LATENCY_S[-1]))] == [2, 2, 3, 3]
    assert bucket("+Inf") == 4
    assert read["http_request_duration_seconds_count", labels] == 4
    assert read["http_request_duration_seconds_sum", labels] == 60.0045


def test_statuses_and_routes_have_their_own_timings() -> None:
    metrics = Metrics()
    assert metrics.requests.timings("GET", "/a", 200) is metrics.requests.timings("GET", "/a", 200)
    assert metrics.requests.timings("GET", "/a", 200) is not metrics.requests.timings("GET", "/a", 500)


def test_unknown_methods_share_one_label() -> None:
    metrics = Metrics()
    unknown = [metrics.requests.timings(f"X{n}", "unmatched", 405) for n in range(3)]
    assert unknown[0] is unknown[1] is unknown[2]
    unknown[0].observe(0.1)
    labels = (("method", "OTHER"), ("route", "unmatched"), ("status", "405"))
    assert samples(metrics)["http_request_duration_seconds_count", labels] == 1


def test_the_same_name_is_the_same_metric() -> None:
    metrics = Metrics()
    for _ in range(2):
        metrics.counter("jobs_done_total", ("kind",)).labels("a").inc()
    assert samples(metrics)["jobs_done_total", (("kind", "a"),)] == 2


def test_a_gauge_may_be_computed_when_it_is_scraped() -> None:
    metrics = Metrics()
    depth = [3.0]
    metrics.gauge_of("queue_depth", lambda: depth[0])
    depth[0] = 5.0
    assert samples(metrics)["queue_depth", ()] == 5.0


def test_stats_of_a_component_are_counters_or_gauges_by_name() -> None:
    metrics = Metrics()
    stats = {"done_total": 1, "waiting": 7}
    metrics.register_stats("jobs", lambda: stats)
    stats["done_total"] = 2
    found = samples(metrics)
    assert (found["jobs_done_total", ()], found["jobs_waiting", ()]) == (2, 7)
    assert b"# TYPE jobs_done_total counter" in metrics.render()
    assert b"# TYPE jobs_waiting gauge" in metrics.render()


def test_two_registries_are_independent() -> None:
    one, other = Metrics(), Metrics()
    one.counter("things_total").inc()
    assert ("things_total", ()) not in samples(other)


def test_a_catalogue_says_what_a_metric_means() -> None:
    metrics = Metrics([Described("jobs_done_total", "counter", "Jobs that succeeded.")])
    metrics.register_stats("jobs", lambda: {"done_total": 1})
    assert b"# HELP jobs_done_total Jobs that succeeded." in metrics.render()


def test_caches_share_one_metric() -> None:
    metrics = Metrics()
    metrics.register_cache("areas", lambda: (3, 1))
    metrics.register_cache("sessions", lambda: (0, 2))
    found = samples(metrics)
    assert found["cache_requests_total", (("cache", "areas"), ("result", "hit"))] == 3
    assert found["cache_requests_total", (("cache", "sessions"), ("result", "miss"))] == 2


def test_timings_of_a_component_are_a_histogram_by_label() -> None:
    metrics, timings = Metrics(), LabelledTimings()
    metrics.register_timings("store_operation_duration_seconds", ("operation",), timings.items)
    timings.of("get").observe(0.03)
    found = samples(metrics)
    assert found["store_operation_duration_seconds_bucket", (("le", "0.05"), ("operation", "get"))] == 1
    assert found["store_operation_duration_seconds_bucket", (("le", "0.025"), ("operation", "get"))] == 0


def test_openmetrics_links_a_bucket_to_the_trace_of_its_latest_observation() -> None:
    metrics = Metrics()
    timings = metrics.requests.timings("GET", "/a", 200)
    traces = iter(["0af7651916cd43dd8448eb211c80319c", None])
    set_exemplars(lambda: next(traces))
    try:
        timings.observe(0.15)
        timings.observe(0.16)  # not recorded
    finally:
        set_exemplars(None)
    body, content_type = metrics.answer("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")()
    assert content_type.startswith("application/openmetrics-text")
    families: list[Metric] = list(openmetrics_families(body.decode()))  # type: ignore[no-untyped-call]
    [(bound, exemplar)] = [(s.labels["le"], s.exemplar) for f in families for s in f.samples if s.exemplar]
    assert (bound, exemplar.value) == ("0.2", 0.15)
    assert exemplar.labels == {"trace_id": "0af7651916cd43dd8448eb211c80319c"}
    assert metrics.answer("text/plain")()[1].startswith("text/plain")


def test_components_are_asked_before_the_rendering_which_another_thread_does() -> None:
    metrics, stats, timings = Metrics(), {"waiting": 7}, LabelledTimings()
    metrics.register_stats("jobs", lambda: stats)
    metrics.register_timings("job_duration_seconds", ("job",), timings.items)
    render = metrics.answer("text/plain")
    stats["waiting"] = 8
    timings.of("send").observe(0.1)
    body = render()[0].decode()
    assert "jobs_waiting 7.0" in body
    assert 'job_duration_seconds_count{job="send"} 1.0' in body


def test_the_first_failure_is_an_increase() -> None:
    """Prometheus sees none in the first value of a series."""
    metrics = Metrics()
    labels = (("status_class", "5xx"),)
    assert samples(metrics)["http_responses_total", labels] == 0
    metrics.requests.timings("GET", "/a", 503).observe(0.1)
    metrics.requests.timings("GET", "/b", 500).observe(0.1)
    assert samples(metrics)["http_responses_total", labels] == 2
