"""The charge of each final state, in minor units (as in ``docs/rescue-life.md``).

No charge is above the quote.  The driver's share is rounded half to even, like every share.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.money import Charge, share
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.rescues.model import Rescue, RescueRules


def nothing(quote: QuoteTerms) -> Charge:
    """Unserved, rejected, aborted without an amount, cancelled in time."""
    return Charge(rider_minor=0, driver_minor=0, currency=quote.currency)


def driver_pay(quote: QuoteTerms) -> int:
    """What the driver earns by delivering: the total before promotion less the platform's share."""
    return _less_platform(quote.before_promo_minor, quote)


def delivered(quote: QuoteTerms) -> Charge:
    return Charge(
        rider_minor=quote.total_minor,
        driver_minor=driver_pay(quote),
        currency=quote.currency,
        promo_minor=quote.before_promo_minor - quote.total_minor,
    )


def lower_price(quote: QuoteTerms, price_minor: int) -> Charge:
    """A price below the quote: fixed on the spot, or what an operator set for an aborted rescue."""
    return Charge(
        rider_minor=price_minor,
        driver_minor=_less_platform(price_minor, quote),
        currency=quote.currency,
    )


def no_show(quote: QuoteTerms) -> Charge:
    return _fee(quote, quote.fees.no_show_minor)


def cancellation(rescue: Rescue, actor: Actor, now: datetime, rules: RescueRules) -> Charge:
    """Free without a driver, for an operator, and shortly after this matching's first acceptance."""
    if rescue.driver_id is None or actor.is_operator or now <= free_until(rescue, rules):
        return nothing(rescue.quote)
    return _fee(rescue.quote, rescue.quote.fees.cancellation_minor)


def free_until(rescue: Rescue, rules: RescueRules) -> datetime:
    """The end (inclusive) of free cancellation, for a rescue that has a driver."""
    assert rescue.accepted_at is not None, "a rescue with a driver has been accepted"
    return rescue.accepted_at + timedelta(seconds=rules.free_cancellation_seconds)


def _fee(quote: QuoteTerms, fee_minor: int) -> Charge:
    fee = min(fee_minor, quote.total_minor)
    return Charge(
        rider_minor=fee,
        driver_minor=share(fee, quote.fees.fee_driver_percent),
        currency=quote.currency,
    )


def _less_platform(amount_minor: int, quote: QuoteTerms) -> int:
    return amount_minor - share(amount_minor, quote.fees.platform_percent)
