"""A text message that is sent, and what became of it.  Neither its text nor its number is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from supportcarr.contracts.documents import Document

State = Literal[
    "sending",  # stored before the provider is called: after a crash it is asked whether it has the message
    "sent",  # the provider has accepted it
    "delivered",
    "undelivered",  # it was sent, but did not arrive
    "refused",  # the provider does not send it: no such number, blocked by its owner, a landline
]


class TextMessage(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One message; the id is the request of its code.  Wall time."""

    purpose: str  # of the code
    state: State = "sending"
    started_at: datetime
    provider_id: str | None = None
    error: str | None = None  # the provider's code, for example 21610
    forget_at: datetime
