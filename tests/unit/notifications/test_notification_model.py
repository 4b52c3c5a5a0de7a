"""A notification's id and its reading."""

from __future__ import annotations

from datetime import timedelta

from support.rescues import events
from supportcarr.contracts.ids import NOTIFICATION, looks_like
from supportcarr.notifications.model import Notification, mark_read, notification_id


def test_the_same_event_and_person_always_have_the_same_id() -> None:
    first = notification_id("res_qc_1.3.0", events.RIDER, events.START)
    assert first == notification_id("res_qc_1.3.0", events.RIDER, events.START)
    assert looks_like(NOTIFICATION, first)


def test_another_event_or_person_has_another_id() -> None:
    ids = {
        notification_id(event_id, user, events.START)
        for event_id in ("res_qc_1.3.0", "res_qc_1.4.0")
        for user in (events.RIDER, events.DRIVER)
    }
    assert len(ids) == 4


def test_ids_sort_by_time() -> None:
    times = [events.START + timedelta(milliseconds=n) for n in range(50)]
    ids = [notification_id("res_qc_1.3.0", events.RIDER, at) for at in times]
    assert ids == sorted(ids)


def test_the_first_read_time_is_kept() -> None:
    note = Notification(
        id="ntf_1", user_id=events.RIDER, kind="driver_arrived", title="T", body="B.", at=events.START
    )
    once = mark_read(note, events.START + timedelta(minutes=1))
    assert once.read_at == events.START + timedelta(minutes=1)
    assert mark_read(once, events.START + timedelta(minutes=9)) is once
