"""Requests codes by SMS, and checks them.

Everything that this does for a phone number with an account it also does for one without, so that neither a
response nor its time tells which it is.  What is sent is decided later, by the job that sends it
(``auth.code_texts``).
"""

from __future__ import annotations

import asyncio
import hmac
import random
import secrets
from contextlib import suppress
from datetime import timedelta

from msgspec.structs import replace

from supportcarr.auth.codes import Purpose, SmsCode, digits_of, id_of, new_code, with_try
from supportcarr.auth.collections import REQUESTED_TEXTS, SMS_CODES
from supportcarr.auth.errors import CodeEnded, CodeWrong
from supportcarr.auth.requested_texts import RequestedTexts, TextRules, seconds_to_wait, with_request
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, RateLimited
from supportcarr.contracts.events import SmsCodeRequested
from supportcarr.contracts.languages import Language
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_digest, keyed_hash, secrets_of
from supportcarr.kit.store.port import DuplicateKey, Store, StoreError, VersionConflict
from supportcarr.kit.store.purge import purge_expired

RACES_MAX = 10  # lost to other requests in a row before one fails
CODES_KEPT = timedelta(days=3)  # longer than an idempotency key: a repeated sign-up requests no second code


class SmsCodes:
    """Codes and the counts of texts, in the store: a wiped Redis resets no limit."""

    def __init__(self, store: Store, clock: Clock, settings: AuthSettings) -> None:
        self._codes = store.collection(SMS_CODES)
        self._texts = store.collection(REQUESTED_TEXTS)
        self._clock = clock
        self._secrets = secrets_of(settings.lookup_secret)
        self._rules = TextRules(
            pause=timedelta(seconds=settings.text_pause_seconds),
            per_hour=settings.texts_per_hour,
            per_day=settings.texts_per_day,
        )

    # --- requests -----------------------------------------------------------------------------

    async def count_text(self, account: str, place: str | None, request: str) -> None:
        """Count the *request* of a text to a number (*account* is its keyed hash), once.

        *place* is the keyed hash of the client's address if the account was used there before: it has a count
        of its own, so that requests from elsewhere do not keep the owner from a code.
        Raises ``RateLimited`` with the seconds to wait.
        """
        counter = keyed_hash(self._secrets[0], "requested texts", account, place or "")
        mark = keyed_hash(self._secrets[0], "request of a text", request)
        for _ in range(RACES_MAX):
            now = self._clock.wall()
            texts = await self._texts.get(counter) or RequestedTexts(id=counter, at=(), expires_at=now)
            if mark == texts.last:
                return
            wait = seconds_to_wait(texts.at, now, self._rules)
            if wait > 0:
                raise RateLimited("Too many texts to this phone number; wait a little", retry_after=wait)
            counted = with_request(texts, mark, now)
            try:
                await (self._texts.save if texts.version else self._texts.insert)(counted)
                return
            except (VersionConflict, DuplicateKey):
                await _pause()
        raise Conflict

    async def request(self, purpose: Purpose, holder: str, language: Language) -> None:
        """Store that a code is to be sent, in place of the one before it."""
        for _ in range(RACES_MAX):
            before = await self._codes.get(id_of(purpose, holder))
            code = self._new(purpose, holder, language, before.version if before else 0)
            try:
                await (self._codes.save if before else self._codes.insert)(code, self._requested(code))
                return
            except (VersionConflict, DuplicateKey):
                await _pause()
        raise Conflict

    async def request_first(self, purpose: Purpose, holder: str, language: Language) -> None:
        """Store that a code is to be sent, unless one was requested before.  Idempotent."""
        code = self._new(purpose, holder, language)
        with suppress(DuplicateKey):
            await self._codes.insert(code, self._requested(code))

    def _new(self, purpose: Purpose, holder: str, language: Language, version: int = 0) -> SmsCode:
        request = secrets.token_urlsafe(16)
        return new_code(purpose, holder, language, request, self._clock.wall(), version)

    def _requested(self, code: SmsCode) -> PendingEvents:
        event = SmsCodeRequested(code_id=code.id, request=code.request)
        return PendingEvents((event,), SYSTEM, self._clock.city())

    async def requested(self, event: SmsCodeRequested) -> SmsCode | None:
        """The code that the event asks to send; ``None`` if it has ended, or another has taken its place."""
        code = await self._codes.get(event.code_id)
        if code is None or code.request != event.request or code.used:
            return None
        return code if self._clock.wall() < code.expires_at else None

    # --- checks -------------------------------------------------------------------------------

    def digits(self, code: SmsCode) -> str:
        """The code as it is sent."""
        return _digits(self._secrets[0], code)

    def _is_right(self, code: SmsCode, digits: str) -> bool:
        """True if they are the code's, also if it was sent before the secret was replaced."""
        right = [hmac.compare_digest(_digits(secret, code), digits) for secret in self._secrets]
        return any(right)

    async def check(self, purpose: Purpose, holder: str, digits: str) -> SmsCode:
        """The code, if *digits* are right.  The try is stored before they are compared.

        Raises ``CodeWrong``; ``CodeEnded`` if there is no code that may be tried.
        """
        code = await self._try(id_of(purpose, holder))
        if code is None:
            raise CodeEnded
        if not self._is_right(code, digits):
            raise CodeWrong
        return code

    async def _try(self, id: str) -> SmsCode | None:
        for _ in range(RACES_MAX):
            code = await self._codes.get(id)
            counted = None if code is None else with_try(code, self._clock.wall())
            if counted is None:
                return None
            try:
                return await self._codes.save(counted)
            except VersionConflict:
                await _pause()
        raise Conflict

    async def use(self, code: SmsCode) -> None:
        """End a code that was right.  Raises ``CodeEnded`` if another request has used or replaced it."""
        for _ in range(RACES_MAX):
            current = await self._codes.get(code.id)
            if current is None or current.used or current.request != code.request:
                raise CodeEnded
            try:
                await self._codes.save(replace(current, used=True))
                return
            except VersionConflict:
                await _pause()
        raise Conflict

    # --- retention ----------------------------------------------------------------------------

    async def purge(self) -> None:
        """Delete codes that ended days ago, and counts that no longer matter."""
        now = self._clock.wall()
        await purge_expired(self._codes, "expires_at", now - CODES_KEPT)
        await purge_expired(self._texts, "expires_at", now)

    async def forget(self, purpose: Purpose, holder: str) -> None:
        """Delete the holder's code; if it is changed at the same moment, ``purge`` does it later."""
        code = await self._codes.get(id_of(purpose, holder))
        if code is not None:
            with suppress(StoreError):
                await self._codes.delete(code.id, code.version)


def _digits(secret: str, code: SmsCode) -> str:
    return digits_of(keyed_digest(secret, "sms code", code.id, code.request))


async def _pause() -> None:
    await asyncio.sleep(random.uniform(0, 0.005))  # noqa: S311 - jitter, so that requests do not collide again
