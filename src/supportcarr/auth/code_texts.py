"""Sends texts, as jobs: requested codes, notices, and what is sent to the old number of an account.

Each message is sent at most once as far as the provider can say: the intent is stored first, and after a
response that did not arrive the provider is asked whether it has the message.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import structlog
from msgspec.structs import replace

from supportcarr.auth import sms_texts
from supportcarr.auth.codes import SmsCode, new_phone_holder
from supportcarr.auth.collections import TEXT_MESSAGES, USERS
from supportcarr.auth.model import User
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.ports import SmsOutcomeUnknown, SmsRefused, SmsSender, SmsUnavailable
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.auth.text_message import State, TextMessage
from supportcarr.contracts.events import SmsCodeRequested
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.purge import purge_expired
from supportcarr.kit.store.update import update, without_events

AT_ONCE = 8  # in a process; a provider that does not respond leaves the other places of the worker free
BUSY_RETRY_S = 1.0
UNKNOWN_RETRY_S = 5.0  # before the provider is asked for a message whose outcome is unknown
REPORT_TRIES, REPORT_PAUSE_S = 4, 0.25
KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


class CodeTexts:
    """The job that sends codes, and what became of the messages."""

    def __init__(
        self, store: Store, clock: Clock, settings: AuthSettings, codes: SmsCodes, sender: SmsSender
    ) -> None:
        self._users = store.collection(USERS)
        self._messages = store.collection(TEXT_MESSAGES)
        self._clock = clock
        (self._secret, *_) = secrets_of(settings.lookup_secret)
        self._directory = PhoneDirectory(store, settings.lookup_secret)
        self._codes = codes
        self._sender = sender
        self._sending = 0
        self._counts = {"sent_total": 0, "refused_total": 0, "unavailable_total": 0, "unknown_total": 0}
        self._counts |= {"delivered_total": 0, "undelivered_total": 0}

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return dict(self._counts)

    async def send(self, event: SmsCodeRequested) -> None:
        """Send the text that the event asks for.  Idempotent.

        Raises ``RetryLater`` while the provider cannot be reached; after the code's end nothing is sent.
        """
        code = await self._codes.requested(event)
        text = None if code is None else await self._text_of(code)
        if code is None or text is None:
            return
        await self._send_in_turn(code.request, code.purpose, *text)

    async def tell_old_phones(self, event_id: str, user_id: str) -> None:
        """Tell the old numbers of an account that they are not its number any more.  Idempotent.

        Raises ``RetryLater`` while the provider cannot be reached.
        """
        user = await self._users.get(user_id)
        for number in (user.old_phones if user else None) or ():
            assert user is not None, "it has those numbers"
            message_id = keyed_hash(self._secret, "old phone", event_id, number)
            await self._send_in_turn(message_id, "old_phone", number, sms_texts.phone_changed(user.language))
            await update(self._users, user_id, without_events(partial(_without_old_phone, number=number)))

    async def send_notice(self, message_id: str, user_id: str, text: str) -> None:
        """Send *text* to the person's verified number, once for that id; nothing if there is none.

        Raises ``RetryLater`` while the provider cannot be reached.
        """
        user = await self._users.get(user_id)
        if user is not None and user.verified:
            await self._send_in_turn(message_id, "notification", user.phone, text)

    async def _send_in_turn(self, message_id: str, purpose: str, to: str, text: str) -> None:
        if self._sending >= AT_ONCE:
            raise RetryLater(BUSY_RETRY_S, "several texts are being sent")
        self._sending += 1
        try:
            await self._send(message_id, purpose, to, text)
        finally:
            self._sending -= 1

    async def _text_of(self, code: SmsCode) -> tuple[str, str] | None:
        """The number and the text; ``None`` if there is nobody to send it to."""
        if code.purpose == "password":
            owner = await self._users.get(code.holder)  # none for a number without an account
            return (
                None if owner is None or not owner.verified else (owner.phone, self._reset_text(code, owner))
            )
        if code.purpose == "new_phone":
            return await self._new_phone_text(code)
        user = await self._users.get(code.holder)
        if user is None or user.verified:
            return None
        owner = await self._directory.find(user.phone)
        if owner is not None:
            return user.phone, sms_texts.has_account(owner.language)
        return user.phone, sms_texts.verification(self._codes.digits(code), code.language)

    async def _new_phone_text(self, code: SmsCode) -> tuple[str, str] | None:
        user = await self._users.get(code.holder.partition(".")[0])
        number = user.new_phone if user is not None else None
        if user is None or number is None or code.holder != new_phone_holder(self._secret, user.id, number):
            return None
        owner = await self._directory.find(number)
        if owner is not None:
            return number, sms_texts.number_in_use(owner.language)
        return number, sms_texts.verification(self._codes.digits(code), code.language)

    def _reset_text(self, code: SmsCode, owner: User) -> str:
        return sms_texts.password_reset(self._codes.digits(code), owner.language)

    async def _send(self, message_id: str, purpose: str, to: str, text: str) -> None:
        now = self._clock.wall()
        message = TextMessage(id=message_id, purpose=purpose, started_at=now, forget_at=now + KEPT)
        try:
            message = await self._messages.insert(message)
            provider_id = None
        except DuplicateKey:
            known = await self._messages.get(message_id)
            if known is None or known.state != "sending":
                return
            message = known
            provider_id = await self._found(message, to, text)
        if provider_id is None:
            provider_id = await self._accepted(message, to, text)
        if provider_id is not None:
            self._counts["sent_total"] += 1
            await self._messages.save(replace(message, state="sent", provider_id=provider_id))

    async def _found(self, message: TextMessage, to: str, text: str) -> str | None:
        try:
            return await self._sender.find(to, text, message.started_at)
        except SmsUnavailable as error:
            self._counts["unavailable_total"] += 1
            raise RetryLater(error.retry_after, str(error)) from error

    async def _accepted(self, message: TextMessage, to: str, text: str) -> str | None:
        """The provider's id; ``None`` if it refuses the message for good."""
        try:
            return await self._sender.send(to, text)
        except SmsRefused as error:
            self._counts["refused_total"] += 1
            log.warning("sms_refused", message=message.id, purpose=message.purpose, code=error.code)
            await self._messages.save(replace(message, state="refused", error=error.code))
            return None
        except SmsUnavailable as error:
            self._counts["unavailable_total"] += 1
            raise RetryLater(error.retry_after, str(error)) from error
        except SmsOutcomeUnknown as error:
            self._counts["unknown_total"] += 1
            raise RetryLater(UNKNOWN_RETRY_S, str(error)) from error

    async def receive_report(self, body: bytes, signature: str | None) -> None:
        """Record what the provider reports.  Raises ``SignatureNotValid``."""
        report = await self._sender.read_report(body, signature)
        if report is not None:
            await self.record_status(report.provider_id, report.state, report.error)

    async def record_status(self, provider_id: str, state: State, error: str | None) -> None:
        """Record what the provider reports of a message; an older report changes nothing.

        It may come before the worker has stored the id that the provider gave the message.
        """
        for _ in range(REPORT_TRIES):
            page = await self._messages.find({"provider_id": provider_id}, limit=1)
            if page.items:
                await self._record(page.items[0], state, error)
                return
            await asyncio.sleep(REPORT_PAUSE_S)
        log.info("sms_report_ignored", state=state, code=error)

    async def _record(self, message: TextMessage, state: State, error: str | None) -> None:
        if message.state != "sent" or state == "sent":
            return
        try:
            await self._messages.save(replace(message, state=state, error=error))
        except VersionConflict:
            return  # the same report, received twice at once
        self._counts["delivered_total" if state == "delivered" else "undelivered_total"] += 1
        if state != "delivered":
            log.warning("sms_not_delivered", message=message.id, state=state, code=error)

    async def purge(self) -> None:
        """Delete what is known of messages of more than a month ago."""
        await purge_expired(self._messages, "forget_at", self._clock.wall())


def _without_old_phone(user: User, number: str) -> User | None:
    """The account, which need not tell that number any more; ``None`` if it need not already."""
    if number not in (user.old_phones or ()):
        return None
    left = tuple(one for one in user.old_phones or () if one != number)
    return replace(user, old_phones=left or None)
