"""The errors of rescues.

ApiError
├── PinWrong            422, the try is counted
├── PinIsLocked         423, until the rider or an operator renews it
└── Conflict
    ├── TooEarly                   409, the wait is not over
    ├── TooFarFromPickup           409, says the distance and the limit
    ├── RiderConfirmationRequired  409, the rider has been asked
    ├── ChatClosed                 409, the rescue ended too long ago
    ├── PhotosClosed               409, not at this stage, or too late
    ├── TooManyPhotos              409
    ├── ShareLinksClosed           409, the rescue ended too long ago
    └── TooManyShareLinks          409
"""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError, Conflict


class PinWrong(ApiError):
    """The attempt has been counted."""

    status, code, title = 422, "pin_wrong", "This is not the PIN that the rider sees"


class PinIsLocked(ApiError):
    status, code, title = (
        423,
        "pin_locked",
        "The PIN was tried too often; the rider or an operator can renew it",
    )


class TooEarly(Conflict):
    code, title = "too_early", "The wait is not over yet"


class TooFarFromPickup(Conflict):
    code, title = "too_far_from_pickup", "You are not at the pickup"


class RiderConfirmationRequired(Conflict):
    """The proposal has been stored, and the rider notified."""

    code = "rider_confirmation_required"
    title = "The rider was asked to confirm the repair and its price; the rider's PIN also confirms them"


class ChatClosed(Conflict):
    code, title = "chat_closed", "The chat is closed, because the rescue ended more than a day ago"


class PhotosClosed(Conflict):
    code, title = "photos_closed", "No such photo can be added now"


class TooManyPhotos(Conflict):
    code, title = "too_many_photos", "There are too many photos of this rescue"


class ShareLinksClosed(Conflict):
    code, title = "share_links_closed", "This rescue is over, so there is nothing to follow any more"


class TooManyShareLinks(Conflict):
    code, title = "too_many_share_links", "There are too many links to this rescue"
