"""The signature of a quote: HMAC-SHA256 over its rider, its terms and its end."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

import msgspec

from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.pricing.model import Quote

_encoder = msgspec.json.Encoder(order="deterministic")


def sign(secret: str, *, rider_id: str, terms: QuoteTerms, expires_at: datetime) -> str:
    """The signature, in hex.  *expires_at* counts to the millisecond, which every engine keeps."""
    ends = round(expires_at.timestamp() * 1000)
    message = b"\n".join((rider_id.encode(), str(ends).encode(), _encoder.encode(terms)))
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def is_genuine(secret: str, quote: Quote) -> bool:
    """True if the quote has not changed since it was signed."""
    expected = sign(secret, rider_id=quote.rider_id, terms=quote.terms, expires_at=quote.expires_at)
    return hmac.compare_digest(expected, quote.signature)
