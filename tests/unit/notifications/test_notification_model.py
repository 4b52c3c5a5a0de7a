"""A notification's id and its reading."""

from __future__ import annotations

from datetime import timedelta

from support import facts
from supportcarr.contracts.ids import NOTIFICATION, looks_like
from supportcarr.notifications.model import Notification, notification_id, read


def test_the_same_event_and_person_always_have_the_same_id() -> None:
    first = notification_id("res_qc_1.3.0", facts.RIDER, facts.START)
    assert first == notification_id("res_qc_1.3.0", facts.RIDER, facts.START)
    assert looks_like(NOTIFICATION, first)


def test_another_event_or_person_has_another_id() -> None:
    ids = {
        notification_id(event_id, user, facts.START)
        for event_id in ("res_qc_1.3.0", "res_qc_1.4.0")
        for user in (facts.RIDER, facts.DRIVER)
    }
    assert len(ids) == 4


def test_ids_sort_by_time() -> None:
    times = [facts.START + timedelta(milliseconds=n) for n in range(50)]
    ids = [notification_id("res_qc_1.3.0", facts.RIDER, at) for at in times]
    assert ids == sorted(ids)


def test_the_first_reading_counts() -> None:
    note = Notification(
        id="ntf_1", user_id=facts.RIDER, kind="driver_arrived", title="T", body="B.", at=facts.START
    )
    once = read(note, facts.START + timedelta(minutes=1))
    assert once.read_at == facts.START + timedelta(minutes=1)
    assert read(once, facts.START + timedelta(minutes=9)) is once
