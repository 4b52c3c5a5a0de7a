"""Statistics of the simulated clients' requests, and the interval of position reports."""

from __future__ import annotations

import pytest

from supportcarr_lab.simulator.client import path_template
from supportcarr_lab.simulator.http_stats import HttpStats
from supportcarr_lab.simulator.position_reporter import MIN_INTERVAL_S, report_interval_s


def test_a_503_with_retry_after_is_counted_apart_from_errors() -> None:
    stats = HttpStats()
    stats.record_response(503, 0.001, retry_after=True, route="GET /me", code="overloaded")
    stats.record_response(503, 0.001, retry_after=False, route="GET /me", code="")
    stats.record_response(500, 0.001, retry_after=False, route="GET /me", code="")
    stats.record_response(404, 0.001, retry_after=False, route="GET /me", code="not_found")
    stats.record_failure("GET /me", "ServerDisconnectedError")
    figures = stats.summary()
    assert (figures.requests, figures.failed) == (5, 1)
    assert (figures.refused_503, figures.errors_5xx) == (1, 2)
    assert stats.problems["GET /me 404 not_found"] == 1


def test_percentiles_use_the_nearest_rank() -> None:
    stats = HttpStats()
    for ms in range(1, 101):
        stats.record_response(200, ms / 1000, retry_after=False, route="GET /me", code="")
    figures = stats.summary()
    assert (figures.p50_ms, figures.p95_ms) == (50.0, 95.0)


def test_a_request_without_a_response_has_no_latency() -> None:
    assert HttpStats().summary().p50_ms is None


def test_path_templates_contain_no_ids() -> None:
    assert path_template("/offers/off_01j9zzzzzzzzzzzzzzzzzzzzzz/acceptance") == "/offers/*/acceptance"
    assert path_template("/me/payment-methods") == "/me/payment-methods"


@pytest.mark.parametrize("speed", [1.0, 10.0, 30.0, 60.0])
def test_trucks_report_at_least_twice_while_a_position_is_fresh(speed: float) -> None:
    assert report_interval_s(speed) * speed * 2 <= 30.0


def test_report_intervals_have_a_maximum_and_a_minimum() -> None:
    assert report_interval_s(1.0) == 4.0
    assert report_interval_s(120.0) == MIN_INTERVAL_S
