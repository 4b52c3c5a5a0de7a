"""Money in integer minor units (cents) of one currency."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec


def share(amount_minor: int, percent: int) -> int:
    """*percent* of an amount, rounded half to even (banker's rounding), in minor units."""
    exact = Decimal(amount_minor) * percent / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


class Owed(msgspec.Struct, frozen=True):
    """What a rescue's final state owes: paid by the rider, of which the driver gets a part.

    The platform's part is the difference; it is negative where a promotion that the platform pays
    is larger than its share.
    """

    rider_minor: int
    driver_minor: int
    currency: str

    @property
    def platform_minor(self) -> int:
        return self.rider_minor - self.driver_minor
