"""What payments refuses."""

from __future__ import annotations

from supportcarr.contracts.errors import Refusal


class CardDeclined(Refusal):
    status, code, title = 402, "card_declined", "The card was declined"


class SignatureNotValid(Refusal):
    status, code, title = 400, "signature_not_valid", "The signature does not prove who sent this"
