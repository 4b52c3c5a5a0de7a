"""The errors of dispatch.

ApiError
├── OfferNotOpen        409, the offer was answered, has expired or was withdrawn
├── DocumentsExpired    409, the driver's licence or insurance ended while the offer was open
├── HoursAreOver        409, the driver has driven as long as one may before a rest
└── UnknownOffer        404, also for an offer to another driver
"""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict, NotFound


class OfferNotOpen(Conflict):
    code, title = "offer_closed", "The offer is closed"


class DocumentsExpired(Conflict):
    code, title = "documents_not_valid", "Your licence or insurance has expired"


class HoursAreOver(Conflict):
    code, title = "hours_limit", "You have driven as long as you may before a rest"


class UnknownOffer(NotFound):
    title = "You have no such offer"
