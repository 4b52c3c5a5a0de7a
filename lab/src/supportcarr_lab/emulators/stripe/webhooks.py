"""Sends webhooks: signed, and retried until the receiver accepts them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time

import aiohttp

from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr_lab.emulators.stripe.database import Delivery, EmulatorDatabase

MAX_ATTEMPTS = 25  # with at most half a minute between two: about ten minutes
MAX_RETRY_DELAY_S = 30.0
MAX_CONCURRENT = 16
TIMEOUT_S = 10.0


def signature(secret: str, payload: bytes, at: int) -> str:
    """The ``Stripe-Signature`` header (https://docs.stripe.com/webhooks#verify-manually)."""
    mac = hmac.new(secret.encode(), b"%d.%s" % (at, payload), hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


class WebhookSender:
    """Sends the deliveries that are due in the database, until it is stopped."""

    def __init__(self, database: EmulatorDatabase, *, url: str, secret: str) -> None:
        self._database = database
        self._url = url
        self._secret = secret
        self._wakeup = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        await cancel_and_wait(self._task)

    def wake(self) -> None:
        """Look for new deliveries now."""
        self._wakeup.set()

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                self._wakeup.clear()
                due = self._database.due_deliveries(time.time(), MAX_CONCURRENT)
                if due:
                    await asyncio.gather(*(self._send(session, delivery) for delivery in due))
                    continue
                next_at = self._database.next_delivery_at()
                wait = None if next_at is None else max(0.001, next_at - time.time())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):  # wait_for may lose a cancellation (Python 3.11)
                        await self._wakeup.wait()

    async def _send(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        event = self._database.get(delivery.event_id, "event")
        payload = json.dumps(event).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(self._secret, payload, int(time.time())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with session.post(self._url, data=payload, headers=headers) as response:
                outcome = str(response.status)
                accepted = 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome, accepted = type(error).__name__, False
        attempts = delivery.attempts + 1
        finished = accepted or attempts >= MAX_ATTEMPTS
        retry_at = None if finished else time.time() + min(MAX_RETRY_DELAY_S, 0.25 * 2**attempts)
        self._database.record_attempt(delivery.seq, outcome, retry_at)
