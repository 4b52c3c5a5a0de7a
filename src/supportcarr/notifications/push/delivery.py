"""Pushes notifications, job offers and chat messages to browsers, as one job for each browser.

The job holds ids only.  When it runs, the message is made of what is true then: nothing is sent of an offer
that has ended, a notification that was read meanwhile, or to a session that has ended.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import msgspec
import structlog

from supportcarr.contracts.events import MessageSent, OfferMade
from supportcarr.contracts.languages import Language
from supportcarr.kit.jobs.service import Jobs
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store, VersionConflict
from supportcarr.notifications.channels import Topic, channels_of
from supportcarr.notifications.collections import NOTIFICATIONS, PUSH_SUBSCRIPTIONS
from supportcarr.notifications.model import Notification, Side
from supportcarr.notifications.ports import ContactPreferences, ReaderLanguages
from supportcarr.notifications.push.model import (
    RULES,
    SUBSCRIPTIONS_MAX,
    PushJob,
    PushSubscription,
    PushText,
    payload,
    replaces,
    shows,
)
from supportcarr.notifications.push.ports import (
    OpenOffers,
    PushGone,
    PushMessage,
    PushRefused,
    PushSender,
    PushTarget,
    PushUnavailable,
    Sessions,
)
from supportcarr.notifications.push.texts import push_text
from supportcarr.notifications.wording import words_of

JOB = "notifications.push"
AT_ONCE = 8  # in a process; a push service that does not respond leaves the other places of the worker free
BUSY_RETRY_S = 1.0

log = structlog.get_logger(__name__)


class PushQueue:
    """Adds the jobs.  Idempotent: a job of the same message and browser exists once."""

    def __init__(self, store: Store, clock: Clock, jobs: Jobs, sender: PushSender) -> None:
        self._subscriptions = store.collection(PUSH_SUBSCRIPTIONS)
        self._clock = clock
        self._jobs = jobs
        self._sender = sender

    async def add_notification(self, notification: Notification, topic: Topic, side: Side) -> None:
        """Push a notification to its person's browsers."""
        job = PushJob(
            subscription_id="",
            user_id=notification.user_id,
            source="notification",
            source_id=notification.id,
            topic=topic,
            expires_at=self._clock.wall() + RULES[topic].lifetime,
            side=side,
            rescue_id=notification.rescue_id,
        )
        await self._add(job)

    async def add_offer(self, offer: OfferMade) -> None:
        """Push an offer to its driver's browsers; of no use once it has ended."""
        left = self._clock.wall_seconds_until(offer.expires_at)
        if left <= 0:
            return
        job = PushJob(
            subscription_id="",
            user_id=offer.driver_id,
            source="offer",
            source_id=offer.offer_id,
            topic="offer",
            expires_at=self._clock.wall() + timedelta(seconds=left),
            side="driver",
            rescue_id=offer.rescue_id,
        )
        await self._add(job)

    async def add_message(self, message: MessageSent) -> None:
        """Push a chat message to the other side of the rescue."""
        to_driver = message.sender_id == message.rider_id
        reader = message.driver_id if to_driver else message.rider_id
        if reader is None or reader == message.sender_id:
            return
        job = PushJob(
            subscription_id="",
            user_id=reader,
            source="message",
            source_id=message.message_id,
            topic="message",
            expires_at=self._clock.wall() + RULES["message"].lifetime,
            side="driver" if to_driver else "rider",
            rescue_id=message.rescue_id,
        )
        await self._add(job)

    async def _add(self, job: PushJob) -> None:
        if self._sender.public_key is None:
            return
        page = await self._subscriptions.find({"user_id": job.user_id}, limit=2 * SUBSCRIPTIONS_MAX)
        for subscription in page.items:
            if shows(subscription, job.side):
                one = msgspec.structs.replace(job, subscription_id=subscription.id)
                await self._jobs.add(JOB, f"{job.source_id}.{subscription.id}", msgspec.json.encode(one))


class PushDelivery:
    """Does the jobs."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sender: PushSender,
        *,
        sessions: Sessions,
        preferences: ContactPreferences,
        languages: ReaderLanguages,
        offers: OpenOffers,
    ) -> None:
        self._subscriptions = store.collection(PUSH_SUBSCRIPTIONS)
        self._notifications = store.collection(NOTIFICATIONS)
        self._clock = clock
        self._sender = sender
        self._sessions = sessions
        self._preferences = preferences
        self._languages = languages
        self._offers = offers
        self._decode = msgspec.json.Decoder(PushJob).decode
        self._sending = 0
        names = ("sent", "expired", "removed", "refused", "unavailable")
        self._counts = {f"{name}_total": 0 for name in names}

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return dict(self._counts)

    async def deliver(self, payload: bytes) -> None:
        """Push one message to one browser, unless it is of no use any more.  Idempotent as far as the browser
        is: it shows a message that comes twice once.

        Raises ``RetryLater`` while the push service does not take the message, until it is of no use.
        """
        job = self._decode(payload)
        subscription = await self._subscriptions.get(job.subscription_id)
        if subscription is None or subscription.user_id != job.user_id:
            return
        if self._clock.wall() >= job.expires_at:
            self._counts["expired_total"] += 1
            return
        if not await self._is_in_use(subscription):
            await self._remove(subscription)
            return
        text = await self._text_of(job)
        if text is None or not await self._is_wanted(job):
            return
        if self._sending >= AT_ONCE:
            raise RetryLater(BUSY_RETRY_S, "several messages are being pushed")
        self._sending += 1
        try:
            await self._send(job, subscription, text)
        finally:
            self._sending -= 1

    async def _is_in_use(self, subscription: PushSubscription) -> bool:
        """False if its session has ended, it has expired, or it was made with another key of ours."""
        expires_at = subscription.expires_at
        return (
            subscription.server_key == self._sender.public_key
            and (expires_at is None or expires_at > self._clock.wall())
            and bool(await self._sessions.open_among([subscription.session_id]))
        )

    async def _is_wanted(self, job: PushJob) -> bool:
        wanted = await self._preferences.wanted_channels(job.user_id)
        if job.topic == "offer" or job.topic == "message":
            return "push" in wanted
        return "push" in channels_of(job.topic, wanted)

    async def _text_of(self, job: PushJob) -> PushText | None:
        """What the message says; ``None`` if nobody need be told any more."""
        if job.source == "notification":
            notification = await self._notifications.get(job.source_id)
            if notification is None or notification.read_at is not None:
                return None
            return text_of(notification, await self._languages.language_of(job.user_id))
        if job.source == "offer" and not await self._offers.is_open(job.source_id):
            return None
        language = await self._languages.language_of(job.user_id)
        if job.source == "offer":
            return push_text("job_offered", language)
        return push_text("message_of_rider" if job.side == "driver" else "message_of_driver", language)

    async def _send(self, job: PushJob, subscription: PushSubscription, text: PushText) -> None:
        target = PushTarget(subscription.endpoint, subscription.p256dh, subscription.auth)
        left = job.expires_at - self._clock.wall()
        message = PushMessage(
            payload=payload(job, text, subscription.app),
            ttl_seconds=max(1, int(left.total_seconds())),
            urgency=RULES[job.topic].urgency,
            topic=replaces(job.topic, job.rescue_id),
        )
        try:
            await self._sender.send(target, message)
        except PushGone:
            await self._remove(subscription)
        except PushRefused as error:
            self._counts["refused_total"] += 1
            log.warning("push_refused", subscription=subscription.id, code=error.code, reason=str(error))
        except PushUnavailable as error:
            self._counts["unavailable_total"] += 1
            raise RetryLater(error.retry_after, str(error)) from error
        else:
            self._counts["sent_total"] += 1

    async def _remove(self, subscription: PushSubscription) -> None:
        """Delete it, unless the browser has subscribed again meanwhile."""
        self._counts["removed_total"] += 1
        with suppress(VersionConflict):
            await self._subscriptions.delete(subscription.id, subscription.version)


def text_of(notification: Notification, language: Language) -> PushText:
    """The notification as it is in the inbox, in that language."""
    said = words_of(notification, language)
    return PushText(notification.kind, said.title, said.body, language)
