"""What is counted of the simulated clients' requests, and how often trucks report."""

from __future__ import annotations

import pytest

from supportcarr_lab.simulator.client import nameless
from supportcarr_lab.simulator.http_stats import HttpTally
from supportcarr_lab.simulator.traffic import FASTEST_S, ping_seconds


def test_a_503_with_retry_after_is_a_refusal_and_every_other_5xx_an_error() -> None:
    tally = HttpTally()
    tally.answered(503, 0.001, retry_after=True, what="GET /me", code="overloaded")
    tally.answered(503, 0.001, retry_after=False, what="GET /me", code="")
    tally.answered(500, 0.001, retry_after=False, what="GET /me", code="")
    tally.answered(404, 0.001, retry_after=False, what="GET /me", code="not_found")
    tally.lost("GET /me", "ServerDisconnectedError")
    figures = tally.figures()
    assert (figures.requests, figures.failed) == (5, 1)
    assert (figures.refused_503, figures.errors_5xx) == (1, 2)
    assert tally.problems["GET /me 404 not_found"] == 1


def test_percentiles_are_of_the_nearest_rank() -> None:
    tally = HttpTally()
    for ms in range(1, 101):
        tally.answered(200, ms / 1000, retry_after=False, what="GET /me", code="")
    figures = tally.figures()
    assert (figures.p50_ms, figures.p95_ms) == (50.0, 95.0)


def test_without_an_answer_there_is_no_latency() -> None:
    assert HttpTally().figures().p50_ms is None


def test_paths_are_counted_without_their_ids() -> None:
    assert nameless("/offers/off_01j9zzzzzzzzzzzzzzzzzzzzzz/acceptance") == "/offers/*/acceptance"
    assert nameless("/me/payment-methods") == "/me/payment-methods"


@pytest.mark.parametrize("speed", [1.0, 10.0, 30.0, 60.0])
def test_trucks_report_at_least_twice_while_a_position_is_fresh(speed: float) -> None:
    assert ping_seconds(speed) * speed * 2 <= 30.0


def test_trucks_report_every_four_seconds_in_real_time_and_never_without_a_pause() -> None:
    assert ping_seconds(1.0) == 4.0
    assert ping_seconds(120.0) == FASTEST_S
