"""Money in integer minor units (cents) of one currency."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec


def share(amount_minor: int, percent: int) -> int:
    """*percent* of an amount, rounded half to even (banker's rounding), in minor units."""
    exact = Decimal(amount_minor) * percent / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


class Charge(msgspec.Struct, frozen=True):
    """What a rescue's final state owes: by the rider, and by a promotion (which the platform pays) in
    the rider's place; of both together the driver gets a part and the platform the rest.
    """

    rider_minor: int
    driver_minor: int
    currency: str
    promo_minor: int = 0
