"""Notifications by text message: as the person prefers, but for what cannot be turned off."""

from __future__ import annotations

import pytest
import smsutil

from support.rescues import events
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import NotificationToBeSent, RescueUnserved
from supportcarr.contracts.languages import Language
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.notifications.channels import Channel
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.delivery import NotificationDelivery
from supportcarr.notifications.service import NotificationsService


class Phone:
    """``ContactPreferences`` and ``TextMessages``: one person's preferences, and the texts that arrived."""

    def __init__(self, *wanted: Channel, language: Language = "en") -> None:
        self.wanted = frozenset(wanted)
        self.language = language
        self.texts: dict[str, str] = {}

    async def language_of(self, user_id: str) -> Language:
        return self.language

    async def wanted_channels(self, user_id: str) -> frozenset[Channel]:
        return self.wanted

    async def send_notice(self, message_id: str, user_id: str, text: str) -> None:
        self.texts[message_id] = text


async def notified(store: Store, event: EventEnvelope) -> list[NotificationToBeSent]:
    """Store the notifications of *event*; what is to be sent of them."""
    await NotificationsService(store, Clock()).notify(event)
    collection = store.collection(NOTIFICATIONS)
    return [
        recorded.event
        async for notification in collection.scan()
        for recorded in await collection.pending_events(notification.id)
        if isinstance(recorded.event, NotificationToBeSent)
    ]


UNSERVED = events.envelope(
    RescueUnserved(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="unserved",
        owed=events.NOTHING,
    ),
    4,
)


@pytest.mark.parametrize(("wanted", "texts"), [(("sms",), 1), (("push", "email"), 0)])
async def test_a_person_may_turn_texts_off(store: Store, wanted: tuple[Channel, ...], texts: int) -> None:
    phone = Phone(*wanted)
    [to_be_sent] = await notified(store, UNSERVED)
    delivery = NotificationDelivery(store, phone, phone)
    await delivery.send(to_be_sent)
    await delivery.send(to_be_sent)
    assert len(phone.texts) == texts
    assert all(text.startswith("SupportCarr: We found no driver. No") for text in phone.texts.values())


async def test_a_text_comes_in_the_language_of_its_reader(store: Store) -> None:
    phone = Phone("sms", language="fr")
    [to_be_sent] = await notified(store, UNSERVED)
    await NotificationDelivery(store, phone, phone).send(to_be_sent)
    [text] = phone.texts.values()
    assert text.startswith("SupportCarr: Personne n'a pu venir. Personne ne pouvait venir à temps. Vous ne")
    assert smsutil.is_valid_gsm(text), "a text of the GSM alphabet costs half"


async def test_what_was_read_in_the_app_is_not_sent(store: Store) -> None:
    phone = Phone("sms")
    [to_be_sent] = await notified(store, UNSERVED)
    await NotificationsService(store, Clock()).read(events.RIDER, to_be_sent.notification_id)
    await NotificationDelivery(store, phone, phone).send(to_be_sent)
    assert not phone.texts


async def test_money_is_told_by_text_whatever_the_person_prefers(store: Store) -> None:
    phone = Phone()
    [to_be_sent] = await notified(
        store, events.payment_envelope(events.paid(kind="capture", status="failed"), 4)
    )
    await NotificationDelivery(store, phone, phone).send(to_be_sent)
    assert len(phone.texts) == 1


async def test_the_progress_of_a_rescue_stays_in_the_app(store: Store) -> None:
    assert await notified(store, events.envelope(events.departed(), 4)) == []
