"""Messages to browsers, by way of the emulator of a push service: what arrives, and what if it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import aiohttp
import msgspec
import pytest
from msgspec.structs import replace

from support.payments.world import Emulator
from support.rescues import events
from supportcarr.contracts.events import MessageSent, OfferMade, PasswordChanged
from supportcarr.contracts.languages import Language
from supportcarr.contracts.web_apps import AppName
from supportcarr.kit.http.settings import OutboundSettings
from supportcarr.kit.jobs.service import Jobs
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.notifications.channels import Channel
from supportcarr.notifications.collections import PUSH_SUBSCRIPTIONS
from supportcarr.notifications.push.delivery import JOB, PushDelivery, PushQueue
from supportcarr.notifications.push.model import PushJob, PushSubscription, subscription_id
from supportcarr.notifications.service import NotificationsService
from supportcarr.providers.settings import PushSettings
from supportcarr.providers.vapid import new_private_key
from supportcarr.providers.web_push import WebPush


class Later:
    """A wall clock that only the test moves."""

    def __init__(self) -> None:
        self.ahead, began = 0.0, Clock().wall_seconds()
        self.clock = Clock(wall=lambda: began + self.ahead)


class RecordedJobs:
    """``Jobs``: what was added, once for each key."""

    def __init__(self) -> None:
        self.added: dict[str, bytes] = {}

    async def add(self, name: str, key: str, payload: bytes) -> None:
        assert name == JOB
        self.added.setdefault(key, payload)


class People:
    """``Sessions``, ``ContactPreferences``, ``ReaderLanguages`` and ``OpenOffers``."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.wanted: frozenset[Channel] = frozenset({"push", "sms", "email"})
        self.language: Language = "fr"
        self.offer_open = True

    async def open_among(self, session_ids: Sequence[str]) -> Mapping[str, AppName | None]:
        return {one: None for one in session_ids if one not in self.ended}

    async def wanted_channels(self, user_id: str) -> frozenset[Channel]:
        return self.wanted

    async def language_of(self, user_id: str) -> Language:
        return self.language

    async def is_open(self, offer_id: str) -> bool:
        return self.offer_open


class World:
    """A person's browsers at the emulator, and what is sent to them."""

    def __init__(self, store: Store, emulator: Emulator) -> None:
        self.store, self.emulator = store, emulator
        self.time = Later()
        self.people = People()
        self.jobs = RecordedJobs()
        self.settings = PushSettings(
            vapid_private_key=new_private_key(), emulator_url=emulator.base, timeout_seconds=30.0
        )
        self.sender = self.sender_with(self.settings)
        clock = self.time.clock
        self.queue = PushQueue(store, clock, cast(Jobs, self.jobs), self.sender)
        self.notifications = NotificationsService(store, clock, self.queue)
        self.delivery = PushDelivery(
            store,
            clock,
            self.sender,
            sessions=self.people,
            preferences=self.people,
            languages=self.people,
            offers=self.people,
        )

    def sender_with(self, settings: PushSettings) -> WebPush:
        return WebPush(settings, OutboundSettings(), contact="mailto:ops@supportcarr.example")

    async def subscribe(self, user_id: str, app: AppName | None, session: str = "ses_1") -> str:
        """A new browser of that person; its token at the emulator."""
        url = f"{self.emulator.base}/sandbox/push/browsers"
        async with self.emulator.session.post(url, json={"server_key": self.sender.public_key}) as answer:
            made = await answer.json()
        await self.store.collection(PUSH_SUBSCRIPTIONS).insert(
            PushSubscription(
                id=subscription_id(made["endpoint"]),
                user_id=user_id,
                session_id=session,
                app=app,
                endpoint=made["endpoint"],
                p256dh=made["keys"]["p256dh"],
                auth=made["keys"]["auth"],
                server_key=self.sender.public_key or "",
                created_at=self.time.clock.wall(),
            )
        )
        return str(made["endpoint"]).rpartition("/")[2]

    async def deliver(self) -> None:
        """Run every job that was added."""
        for payload in list(self.jobs.added.values()):
            await self.delivery.deliver(payload)

    async def received(self, token: str) -> list[dict[str, Any]]:
        """What a browser got, newest first."""
        url = f"{self.emulator.base}/sandbox/push/messages"
        async with self.emulator.session.get(url, params={"browser": token}) as answer:
            return cast(list[dict[str, Any]], (await answer.json())["messages"])

    async def misbehave(self, **behaviour: Any) -> None:
        url = f"{self.emulator.base}/sandbox/push/behaviour"
        async with self.emulator.session.post(url, json=behaviour) as answer:
            assert answer.status == 200, await answer.text()

    async def subscriptions(self) -> int:
        return await self.store.collection(PUSH_SUBSCRIPTIONS).count()

    def offer(self, seconds: float = 15) -> OfferMade:
        return OfferMade(
            offer_id="off_01jdc0000000000000000000r0",
            rescue_id=events.RESCUE,
            driver_id=events.DRIVER,
            area_id=events.AREA,
            expires_at=self.time.clock.city() + timedelta(seconds=seconds),
        )


@pytest.fixture
async def world(store: Store, emulator: Emulator) -> AsyncIterator[World]:
    made = World(store, emulator)
    yield made
    await made.misbehave()
    await made.sender.close()


ARRIVED = events.envelope(events.arrived(), 4)


async def test_a_notification_arrives_encrypted_signed_and_with_its_screen(world: World) -> None:
    token = await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    await world.deliver()
    [message] = await world.received(token)
    text = msgspec.json.decode(message["text"])
    assert text["kind"] == "driver_arrived"
    assert text["title"] and text["body"]
    assert text["url"] == f"/rescues/{events.RESCUE}"
    assert (message["urgency"], 3500 < message["ttl"] <= 3600) == ("high", True)
    assert message["topic"]
    assert world.delivery.stats()["sent_total"] == 1


async def test_an_event_that_is_handled_again_adds_no_second_job(world: World) -> None:
    await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    await world.notifications.notify(ARRIVED)
    assert len(world.jobs.added) == 1


async def test_a_crash_between_the_notification_and_its_jobs_loses_none(world: World) -> None:
    await world.subscribe(events.RIDER, "rider")
    await NotificationsService(world.store, world.time.clock).notify(ARRIVED)  # the process died then
    await world.notifications.notify(ARRIVED)
    assert len(world.jobs.added) == 1


async def test_each_app_gets_what_it_has_screens_for(world: World) -> None:
    rider_app = await world.subscribe(events.DRIVER, "rider")
    driver_app = await world.subscribe(events.DRIVER, "driver")
    await world.notifications.notify(events.envelope(events.assigned(), 3))
    await world.notifications.notify(events.envelope(PasswordChanged(user_id=events.DRIVER), 2))
    await world.deliver()
    assert [msgspec.json.decode(one["text"])["url"] for one in await world.received(driver_app)] == [
        "/driver/inbox",
        f"/driver/job/{events.RESCUE}",
    ]
    assert [msgspec.json.decode(one["text"])["url"] for one in await world.received(rider_app)] == ["/inbox"]


async def test_an_offer_wakes_the_driver_s_phone_but_not_after_its_end(world: World) -> None:
    token = await world.subscribe(events.DRIVER, "driver")
    await world.queue.add_offer(world.offer(15))
    await world.deliver()
    [message] = await world.received(token)
    text = msgspec.json.decode(message["text"])
    assert (text["title"], text["lang"], text["url"]) == ("Une course pour vous", "fr", "/driver/")
    assert (message["urgency"], message["topic"]) == ("high", "offer")
    assert 10 <= message["ttl"] <= 15
    world.time.ahead = 16
    await world.deliver()
    assert len(await world.received(token)) == 1
    assert world.delivery.stats()["expired_total"] == 1
    world.jobs.added.clear()
    await world.queue.add_offer(world.offer(-1))
    assert not world.jobs.added


async def test_an_offer_that_was_answered_is_not_pushed(world: World) -> None:
    token = await world.subscribe(events.DRIVER, "driver")
    await world.queue.add_offer(world.offer())
    world.people.offer_open = False
    await world.deliver()
    assert await world.received(token) == []


async def test_a_chat_message_goes_to_the_other_side_without_its_text(world: World) -> None:
    rider, driver = (
        await world.subscribe(events.RIDER, "rider"),
        await world.subscribe(events.DRIVER, "driver"),
    )
    sent = MessageSent(
        message_id="msg_1",
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        sender_id=events.DRIVER,
        driver_id=events.DRIVER,
    )
    await world.queue.add_message(sent)
    await world.queue.add_message(replace(sent, message_id="msg_2", sender_id=events.RIDER))
    await world.queue.add_message(replace(sent, message_id="msg_3", sender_id=events.RIDER, driver_id=None))
    await world.deliver()
    [to_rider], [to_driver] = await world.received(rider), await world.received(driver)
    assert msgspec.json.decode(to_rider["text"])["url"] == f"/rescues/{events.RESCUE}/chat"
    assert msgspec.json.decode(to_driver["text"])["url"] == f"/driver/job/{events.RESCUE}/chat"


async def test_what_was_read_or_turned_off_is_not_pushed(world: World) -> None:
    token = await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    world.people.wanted = frozenset({"sms"})
    await world.deliver()
    world.people.wanted = frozenset({"push"})
    [payload] = world.jobs.added.values()
    note = msgspec.json.decode(payload, type=PushJob).source_id
    await world.notifications.read(events.RIDER, note)
    await world.deliver()
    assert await world.received(token) == []


async def test_security_is_pushed_whatever_the_person_prefers(world: World) -> None:
    token = await world.subscribe(events.RIDER, "rider")
    world.people.wanted = frozenset()
    await world.notifications.notify(events.envelope(PasswordChanged(user_id=events.RIDER), 2))
    await world.deliver()
    assert len(await world.received(token)) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_unsubscribed_is_removed(world: World, status: int) -> None:
    await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    await world.misbehave(fail_next=1, status=status)
    await world.deliver()
    assert await world.subscriptions() == 0
    assert world.delivery.stats()["removed_total"] == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"), [(429, 7, 7.0), (429, None, 30.0), (503, 9, 9.0), (500, None, 5.0)]
)
async def test_a_service_that_is_busy_or_down_gets_the_message_later(
    world: World, status: int, retry_after: int | None, seconds: float
) -> None:
    token = await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    await world.misbehave(fail_next=1, status=status, retry_after=retry_after)
    with pytest.raises(RetryLater) as later:
        await world.deliver()
    assert later.value.seconds == seconds
    assert await world.subscriptions() == 1
    if status >= 500:  # its circuit breaker is open: it is not even called
        with pytest.raises(RetryLater):
            await world.deliver()
        return
    await world.deliver()
    assert len(await world.received(token)) == 1


async def test_one_browser_that_fails_does_not_repeat_the_message_to_the_others(world: World) -> None:
    first, second = await world.subscribe(events.RIDER, "rider"), await world.subscribe(events.RIDER, None)
    await world.notifications.notify(ARRIVED)
    one, other = world.jobs.added.values()
    await world.misbehave(fail_next=1, status=429, retry_after=1)
    with pytest.raises(RetryLater):
        await world.delivery.deliver(one)
    await world.delivery.deliver(other)
    await world.delivery.deliver(one)
    assert [len(await world.received(token)) for token in (first, second)] == [1, 1]


@pytest.mark.parametrize("status", [400, 401, 403, 413])
async def test_a_message_that_is_refused_is_dropped_and_the_browser_stays(world: World, status: int) -> None:
    await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    await world.misbehave(fail_next=1, status=status)
    await world.deliver()
    assert await world.subscriptions() == 1
    assert world.delivery.stats()["refused_total"] == 1


async def test_a_slow_service_is_given_up_on(world: World) -> None:
    await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    await world.misbehave(delay_ms=4000)
    impatient = world.sender_with(replace(world.settings, timeout_seconds=0.5))
    world.delivery._sender = impatient
    with pytest.raises(RetryLater, match="in time"):
        await world.deliver()
    await impatient.close()


async def test_nothing_goes_to_a_session_that_has_ended(world: World) -> None:
    token = await world.subscribe(events.RIDER, "rider", session="ses_2")
    await world.notifications.notify(ARRIVED)
    world.people.ended.add("ses_2")
    await world.deliver()
    assert await world.received(token) == []
    assert await world.subscriptions() == 0


async def test_a_browser_that_somebody_else_took_over_gets_nothing_of_the_one_before(world: World) -> None:
    token = await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    subscriptions = world.store.collection(PUSH_SUBSCRIPTIONS)
    [stored] = (await subscriptions.find()).items
    await subscriptions.save(replace(stored, user_id=events.OTHER_DRIVER))
    await world.deliver()
    assert await world.received(token) == []


async def test_a_browser_of_an_older_key_is_removed(world: World) -> None:
    await world.subscribe(events.RIDER, "rider")
    await world.notifications.notify(ARRIVED)
    subscriptions = world.store.collection(PUSH_SUBSCRIPTIONS)
    [stored] = (await subscriptions.find()).items
    await subscriptions.save(replace(stored, server_key="another"))
    await world.deliver()
    assert await world.subscriptions() == 0


async def test_the_emulator_refuses_what_a_push_service_would(world: World) -> None:
    token = await world.subscribe(events.RIDER, "rider")
    url = f"{world.emulator.base}/push/{token}"
    headers = {"ttl": "5", "content-encoding": "aes128gcm"}
    cases: list[tuple[str, dict[str, str], int]] = [
        (url, {}, 400),
        (url, headers, 401),
        (url, headers | {"authorization": "vapid t=a.b.c, k=x"}, 403),
        (url, headers | {"topic": "x" * 33}, 400),
        (f"{url}x", headers, 410),
    ]
    async with aiohttp.ClientSession() as session:
        for address, sent, status in cases:
            async with session.post(address, data=b"x", headers=sent) as answer:
                assert answer.status == status, sent
