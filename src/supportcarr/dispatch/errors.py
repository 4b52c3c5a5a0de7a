"""What dispatch refuses.

ApiError
├── OfferNotOpen    409, the offer was answered, expired or was withdrawn
└── UnknownOffer    404, also for an offer to somebody else
"""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict, NotFound


class OfferNotOpen(Conflict):
    code, title = "offer_closed", "The offer is closed"


class UnknownOffer(NotFound):
    title = "You have no such offer"
