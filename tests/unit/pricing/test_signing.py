"""A quote that was changed after it was signed is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from supportcarr.contracts.geo import Place
from supportcarr.contracts.value_objects import FeeRules, PriceItem, QuoteTerms
from supportcarr.pricing.model import Quote
from supportcarr.pricing.signing import is_genuine, sign

ENDS = datetime(2026, 11, 25, 12, 10, tzinfo=UTC)
TERMS = QuoteTerms(
    id="quo_1",
    kind="rescue",
    problem="flat_tire",
    pickup=Place(45.5, -73.6),
    dropoff=Place(45.52, -73.58, "12 rue Rivard"),
    area_id="montreal",
    region="qc",
    items=(PriceItem("base", "Base fare", 2000),),
    total_minor=2000,
    before_promo_minor=2000,
    currency="CAD",
    distance_m=2000,
    duration_s=300,
    fees=FeeRules(),
    scheduled_for=ENDS + timedelta(hours=2),
)
QUOTE = Quote(
    id="quo_1",
    rider_id="usr_1",
    terms=TERMS,
    demand_multiplier=1.0,
    created_at=ENDS,
    expires_at=ENDS,
    signature=sign("key", rider_id="usr_1", terms=TERMS, expires_at=ENDS),
)


def test_quote_signature_survives_json() -> None:
    again = msgspec.json.decode(msgspec.json.encode(QUOTE), type=Quote)
    assert is_genuine("key", again)


@pytest.mark.parametrize(
    "forged",
    [
        replace(QUOTE, rider_id="usr_2"),
        replace(QUOTE, expires_at=ENDS + timedelta(hours=1)),
        replace(QUOTE, terms=replace(TERMS, total_minor=1)),
        replace(QUOTE, terms=replace(TERMS, dropoff=Place(45.6, -73.5))),
        replace(QUOTE, signature=""),
    ],
)
def test_changed_quote_has_no_valid_signature(forged: Quote) -> None:
    assert not is_genuine("key", forged)


def test_signature_of_another_key_is_refused() -> None:
    assert not is_genuine("other", QUOTE)
