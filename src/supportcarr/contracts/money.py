"""Money in integer minor units (cents) of one currency."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec


def share(amount_minor: int, percent: int) -> int:
    """*percent* of an amount, rounded half to even (banker's rounding), in minor units."""
    exact = Decimal(amount_minor) * percent / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


class Charge(msgspec.Struct, frozen=True):
    """What a final state of a rescue costs.

    The rider pays ``rider_minor``, and the platform pays ``promo_minor`` for a promotion.  Of the sum
    the driver gets ``driver_minor`` and the platform the rest.
    """

    rider_minor: int
    driver_minor: int
    currency: str
    promo_minor: int = 0
