"""What rescues need of others; bootstrap fills these."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from supportcarr.contracts.value_objects import DriverCard, Person, QuoteTerms

RIDER_HAS_LIVE_RESCUE = "rider_has_live_rescue"


class PriceQuotes(Protocol):
    """Quotes, each used once."""

    async def terms_of(self, quote_id: str, *, rider_id: str) -> QuoteTerms:
        """What the quote says, used or not, expired or not.  Raises ``NotFound`` (also: another's)."""

    async def redeem(self, quote_id: str, *, rider_id: str, rescue_id: str, now: datetime) -> QuoteTerms:
        """Use the quote for that rescue; the same rescue may take it again.  *now* is city time.

        Raises ``NotFound``, and conflicts ``quote_expired`` and ``quote_used``.
        """


class RiderClaims(Protocol):
    """A rider's one live rescue."""

    async def claim(self, rider_id: str, rescue_id: str) -> None:
        """Claim the rider for that rescue, for a short while; the same rescue may claim again.

        Raises a conflict ``rider_has_live_rescue``.
        """

    async def confirm(self, rider_id: str, rescue_id: str) -> bool:
        """The rescue exists: keep the claim until it ends.  False: another rescue has the rider."""

    async def release(self, rider_id: str, rescue_id: str) -> None:
        """Let the rider go, if that rescue has the claim."""


class PaymentMethods(Protocol):
    async def usable(self, rider_id: str, payment_method_id: str) -> bool:
        """True if it is the rider's own and not removed."""


class UserDirectory(Protocol):
    async def person(self, user_id: str) -> Person:
        """What the other side of a rescue may see of that person."""


class DriverCards(Protocol):
    async def card(self, driver_id: str) -> DriverCard:
        """What a rider sees of the driver.  Raises ``NotFound``."""
