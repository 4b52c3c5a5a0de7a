"""Only drivers who may drive are offered jobs: what the verification of a city finds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from support.simulator import city_case as case
from supportcarr.contracts.actors import SYSTEM
from supportcarr_lab.simulator.journal import event_key
from supportcarr_lab.verification.eligible_drivers import count_applicants, only_eligible_drivers
from supportcarr_lab.verification.expected_events import expected_events
from supportcarr_lab.verification.records import CityRecords, Driver, Notification, Photo

OFFERED = case.BEGAN + 100
TOLD = Notification(id="ntf_2", user_id=case.DRIVER, at=OFFERED - 50, kind="driver_suspended")
APPROVED = Notification(id="ntf_3", user_id=case.DRIVER, at=OFFERED - 80, kind="application_approved")


def city(*, driver: Driver | None = None, notifications: tuple[Notification, ...] = ()) -> CityRecords:
    return replace(case.records(), drivers=(driver,) if driver else (), notifications=notifications)


def told_at(at: float) -> list[object]:
    """The driver's journal: the notification of the suspension arrived at that time."""
    journal = case.journal(case.DRIVER, "driver", [event_key("notification:new", TOLD.id)])
    journal.received = [replace(event, at=at) for event in journal.received]
    return [journal]


SUSPENDED = Driver(id=case.DRIVER, approval="suspended", decided_at=OFFERED + 500)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (city(), []),
        (city(notifications=(APPROVED,)), []),
        (city(notifications=(replace(APPROVED, at=OFFERED + 1),)), ["before the approval"]),
        (city(driver=Driver(id=case.DRIVER, approval="approved", documents_until=OFFERED + 0.001)), []),
        (
            city(driver=Driver(id=case.DRIVER, approval="approved", documents_until=OFFERED)),
            ["after the end of the papers"],
        ),
        (city(driver=SUSPENDED), []),
        (city(driver=replace(SUSPENDED, decided_at=OFFERED - 1)), ["suspended before it was offered"]),
    ],
)
def test_offers_to_who_may_not_drive(records: CityRecords, found: list[str]) -> None:
    sentences = only_eligible_drivers(records, [])
    assert len(sentences) == len(found)
    assert all(words in sentence for words, sentence in zip(found, sentences, strict=True))


@pytest.mark.parametrize(("at", "broken"), [(OFFERED - 1, True), (OFFERED + 1, False)])
def test_an_offer_after_the_driver_was_told(at: float, broken: bool) -> None:
    records = city(driver=SUSPENDED, notifications=(TOLD,))
    assert bool(only_eligible_drivers(records, told_at(at))) == broken  # type: ignore[arg-type]


@pytest.mark.parametrize(("by", "broken"), [(SYSTEM, True), (case.AS_DRIVER, False)])
def test_a_job_of_a_suspended_driver_is_not_taken_away(by: object, broken: bool) -> None:
    steps = (*case.LIFE[:4], ("matching", by), ("unserved", SYSTEM))
    rescue = case.rescue(*steps)  # type: ignore[arg-type]
    suspended = replace(SUSPENDED, decided_at=rescue.timeline[3].at + 1)
    records = replace(city(driver=suspended), rescues=(rescue,))
    assert bool(only_eligible_drivers(records, [])) == broken


def test_how_far_applicants_came() -> None:
    records = city(notifications=(APPROVED, TOLD))
    assert count_applicants(records, [case.DRIVER, "usr_other"]) == {
        "signed_up": 2,
        "approved": 1,
        "offered": 1,
        "suspended": 1,
        "expired": 0,
    }


def test_rider_and_driver_are_sent_each_photo() -> None:
    """A driver who had the rescue only for a part of the time may have received it, but need not."""
    at = case.rescue().timeline[4].at
    records = replace(case.records(), photos=(Photo(id="pho_1", rescue_id=case.RESCUE, at=at),))
    key = event_key("photo:new", "pho_1")
    expected = expected_events(records)
    assert [
        event.at for user in (case.RIDER, case.DRIVER) for event in expected[user] if event.key == key
    ] == [
        at,
        at,
    ]
    early = replace(records, photos=(Photo(id="pho_1", rescue_id=case.RESCUE, at=case.BEGAN),))
    assert [event.at for event in expected_events(early)[case.DRIVER] if event.key == key] == [float("-inf")]
