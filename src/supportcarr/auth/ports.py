"""What auth needs from other parts."""

from __future__ import annotations

from collections.abc import Callable, Container, Set
from datetime import datetime
from typing import Protocol

import msgspec

from supportcarr.auth.text_message import State
from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.audit import Origin

RevocationListener = Callable[[Set[str], Set[str]], None]  # ids of sessions, ids of accounts


class RevocationList(Protocol):
    """Sessions and tokens that ended before the access tokens expired.

    Implemented by ``auth.revocations.Revocations``.
    """

    @property
    def known(self) -> Container[str]:
        """The ids of ended sessions known to this process; always the same object."""

    def first_version_of(self, user_id: str) -> int:
        """The oldest version of that account whose tokens are good, as far as this process knows."""

    def on_revoked(self, listener: RevocationListener) -> None:
        """Call *listener* with the ids of sessions and of accounts that were just revoked."""

    def stale(self) -> bool:
        """True if sessions may have ended without this process knowing it."""

    async def confirm(self, principal: Principal) -> None:
        """Raises ``Unauthenticated`` if the token has ended, ``Overloaded`` if that cannot be checked."""


class SessionUse(Protocol):
    """Takes note that a session is in use.  Implemented by ``auth.session_activity.SessionActivity``."""

    def note_use(self, session_id: str) -> None:
        """Must be cheap: it is called while a request is authenticated, every few minutes for a session."""


class SecretSeal(Protocol):
    """Seals data under the data key of a person.  Implemented by ``kit.sealing.data_keys.DataKeys``."""

    async def seal(self, person: str, purpose: str, data: bytes) -> str: ...

    async def open(self, person: str, purpose: str, sealed: str) -> bytes | None:
        """``None`` if it cannot be read any more."""


class ErasureTimes(Protocol):
    """The deletions of accounts.  Implemented by ``privacy.deletions.DeletionService``."""

    async def erase_at(self, person_id: str) -> datetime | None:
        """City time at which the account will be erased; ``None`` if it is to stay."""


class ViewLog(Protocol):
    """Records that an operator read somebody's data.  Implemented by ``audit.service.AuditLog``."""

    async def viewed(
        self, by: Actor, what: str, subject: str, *, person_id: str | None = None, origin: Origin
    ) -> None:
        """Store it before the data is shown."""


class AttemptLog(Protocol):
    """Records that somebody failed to sign in.  Implemented by ``audit.service.AuditLog``."""

    async def failed(self, what: str, person_id: str, origin: Origin) -> None:
        """Store it; who it was is not known."""


class KeyVerifier(Protocol):
    """Verifies partners' API keys.  Implemented by ``partners.key_verifier.PartnerKeys``."""

    def known(self, key: bytes) -> Principal:
        """Raises ``UnknownSigningKey`` if the key must be looked up."""

    async def look_up(self, key: bytes) -> Principal:
        """Raises ``Unauthenticated``; ``Overloaded`` if the store cannot be read."""


class SmsRefused(Exception):
    """The provider will never send this message: *code* is its own, for example ``21610``."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class SmsUnavailable(Exception):
    """The provider did not take the message; try again after that many seconds."""

    def __init__(self, detail: str, *, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class SmsOutcomeUnknown(Exception):
    """The provider did not respond: it may have taken the message.  ``find`` knows."""


class SmsReport(msgspec.Struct, frozen=True):
    """What the provider reports of a message."""

    provider_id: str
    state: State
    error: str | None = None  # the provider's code


class SmsSender(Protocol):
    """Sends text messages.  Implemented by ``providers.twilio.TwilioSmsSender``."""

    async def send(self, to: str, text: str) -> str:
        """Send *text* to the number *to* (E.164); the provider's id of the message.

        Raises ``SmsRefused``, ``SmsUnavailable``, ``SmsOutcomeUnknown``.
        """

    async def find(self, to: str, text: str, since: datetime) -> str | None:
        """The id of a message that was accepted since that time (wall); ``None`` if there is none.

        Raises ``SmsUnavailable``.
        """

    async def read_report(self, body: bytes, signature: str | None) -> SmsReport | None:
        """Verify a report; ``None`` if it is signed, but says nothing that is final.

        Raises ``SignatureNotValid``.
        """

    async def close(self) -> None: ...
