"""Metrics: one registry per process, and latencies as Prometheus histograms."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from supportcarr.kit.observability.metrics import LATENCY_S, Metrics


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
    metrics.counter("jobs_done", "Jobs", ("kind",)).labels("a").inc()
    metrics.counter("jobs_done", "Jobs", ("kind",)).labels("a").inc()
    assert samples(metrics)["jobs_done_total", (("kind", "a"),)] == 2


def test_a_gauge_may_be_computed_when_it_is_scraped() -> None:
    metrics = Metrics()
    depth = [3.0]
    metrics.gauge_of("queue_depth", "Waiting", lambda: depth[0])
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
    one.counter("things", "Things").inc()
    assert ("things_total", ()) not in samples(other)
