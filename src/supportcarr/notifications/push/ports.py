"""What push messages need of other parts and of the outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from supportcarr.contracts.web_apps import AppName
from supportcarr.notifications.push.model import Urgency


class PushTarget(msgspec.Struct, frozen=True):
    """Where a message goes, and the browser's keys (base64url)."""

    endpoint: str
    p256dh: str
    auth: str


class PushMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the push service gets it, before it is encrypted.

    ``ttl_seconds``: for how long the service keeps it.  ``topic``: what it replaces.
    """

    payload: bytes
    ttl_seconds: int
    urgency: Urgency
    topic: str | None = None


class BadTarget(Exception):
    """A subscription that cannot be sent to: the field of the request, a code, and a sentence."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        self.field, self.code = field, code
        super().__init__(detail)


class PushGone(Exception):
    """The browser has unsubscribed: the push service does not know the subscription any more."""


class PushRefused(Exception):
    """The push service, or we, will never deliver this message; *code* says why."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class PushUnavailable(Exception):
    """The push service did not take the message; try again after that many seconds."""

    def __init__(self, detail: str, *, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class PushSender(Protocol):
    """Sends messages to push services.  Implemented by ``providers.web_push.WebPush``."""

    @property
    def public_key(self) -> str | None:
        """Our public key, which browsers subscribe with (base64url); ``None``: push is off."""

    def check(self, target: PushTarget) -> None:
        """Raises ``BadTarget`` unless messages may be sent there, as far as the target says itself."""

    async def send(self, target: PushTarget, message: PushMessage) -> None:
        """Raises ``PushGone``, ``PushRefused``, ``PushUnavailable``."""

    async def close(self) -> None: ...


class Sessions(Protocol):
    """The sessions of people.  Implemented by ``auth.session_service.SessionService``."""

    async def open_among(self, session_ids: Sequence[str]) -> Mapping[str, AppName | None]:
        """Those of the sessions that are open, each with the web app that opened it."""


class OpenOffers(Protocol):
    """Offers of jobs.  Implemented by ``bootstrap.adapters.PushedOffers``."""

    async def is_open(self, offer_id: str) -> bool: ...
