"""The errors of payments."""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError


class CardDeclined(ApiError):
    status, code, title = 402, "card_declined", "The card was declined"
