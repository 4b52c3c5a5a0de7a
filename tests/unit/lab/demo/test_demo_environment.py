"""How the demo configures the city that it starts."""

from __future__ import annotations

import pytest

from supportcarr_lab.demo.command import environment_of
from supportcarr_lab.demo.options import DemoOptions

OFFER = "SUPPORTCARR_DISPATCH_OFFER_SECONDS"


@pytest.mark.parametrize(("speed", "city_seconds"), [(1, 15), (6, 60), (12, 120)])
def test_a_visitor_has_ten_seconds_for_an_offer_at_any_speed(speed: float, city_seconds: float) -> None:
    environment = environment_of(DemoOptions(speed=speed, visitors=True), {})
    assert float(environment[OFFER]) == city_seconds


def test_without_visitors_offers_and_support_are_as_configured() -> None:
    environment = environment_of(DemoOptions(speed=12, visitors=False), {})
    assert OFFER not in environment
    assert "SUPPORTCARR_SUPPORT_EMAIL" not in environment


def test_what_the_visitor_configures_counts() -> None:
    given = {OFFER: "20", "SUPPORTCARR_SUPPORT_EMAIL": "me@a.example"}
    environment = environment_of(DemoOptions(speed=12, visitors=True), given)
    assert (environment[OFFER], environment["SUPPORTCARR_SUPPORT_EMAIL"]) == ("20", "me@a.example")
    assert environment["SUPPORTCARR_SUPPORT_PHONE"] == "+15145550100"
