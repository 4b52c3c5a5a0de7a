"""Licence and insurance by date: which count, until when, and what follows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from supportcarr.contracts.events import DriverDocumentsExpired, DriverDocumentsExpiring
from supportcarr.drivers import documents, model
from supportcarr.drivers.documents import ON_JOB_PAUSE, Reviewed, review_by_date, with_dates
from supportcarr.drivers.model import Application, DocumentsNotice, DocumentSummary, DriverProfile

ZONE = ZoneInfo("America/Toronto")
NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
TODAY = date(2026, 6, 1)


def papers(licence: date | None, insurance: date | None) -> Application:
    return Application(
        licence_class="5", licence_expires_on=licence, insurer="Intact", insurance_expires_on=insurance
    )


NEXT_YEAR, NEXT_WEEK, PAST = date(2027, 6, 1), date(2026, 6, 8), date(2020, 1, 1)
GOOD = papers(NEXT_YEAR, NEXT_YEAR)
NEW = DriverProfile(id="usr_d", created_at=NOW, vehicle_ids=("veh_a",))
APPROVED = with_dates(model.set_approval(replace(NEW, application=GOOD), "approved"), ZONE)


def test_a_new_driver_lacks_everything() -> None:
    new = replace(NEW, vehicle_ids=())
    assert documents.missing_requirements(new, TODAY) == ["licence", "insurance", "vehicle"]


def test_expired_documents_are_missing_again() -> None:
    profile = replace(APPROVED, application=papers(TODAY, date(2026, 5, 31)))
    assert documents.missing_requirements(profile, TODAY) == ["insurance"]
    assert documents.missing_requirements(profile, date(2026, 5, 31)) == []


def test_a_paper_is_valid_until_the_end_of_its_last_day_in_the_area() -> None:
    profile = with_dates(replace(APPROVED, application=papers(TODAY, NEXT_YEAR)), ZONE)
    assert profile.documents_until == datetime(2026, 6, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [date.min, date.max])
def test_any_date_of_the_calendar_can_be_stated(day: date) -> None:
    profile = with_dates(replace(APPROVED, application=papers(day, day)), ZONE)
    assert profile.documents_until is not None
    assert (profile.documents_until > NOW) == (day == date.max)


@pytest.mark.parametrize(
    ("stated", "missing", "in_review"),
    [
        pytest.param(papers(PAST, PAST), ["licence", "insurance"], True, id="worse counts at once"),
        pytest.param(papers(PAST, NEXT_YEAR), ["licence"], True, id="one is worse"),
        pytest.param(papers(date(2030, 1, 1), NEXT_YEAR), [], True, id="better waits"),
        pytest.param(replace(GOOD, insurer="Acme"), [], True, id="another insurer"),
        pytest.param(replace(GOOD, applied_at=NOW), [], False, id="the same again"),
    ],
)
def test_an_approved_driver_rewrites_the_application(
    stated: Application, missing: list[str], in_review: bool
) -> None:
    profile = with_dates(documents.with_application(APPROVED, stated), ZONE)
    assert documents.missing_requirements(profile, TODAY) == missing
    assert (profile.review is not None, profile.approval) == (in_review, "approved")
    accepted = with_dates(model.set_approval(profile, "approved"), ZONE)
    assert accepted.review is None
    assert replace(accepted.application, applied_at=None) == replace(stated, applied_at=None)


def test_a_better_statement_does_not_prolong_what_was_approved() -> None:
    short = with_dates(replace(APPROVED, application=papers(NEXT_WEEK, NEXT_YEAR)), ZONE)
    renewed = with_dates(documents.with_application(short, GOOD), ZONE)
    assert renewed.documents_until == short.documents_until
    accepted = with_dates(model.set_approval(renewed, "approved"), ZONE)
    assert accepted.documents_until == APPROVED.documents_until


def test_a_driver_who_is_not_approved_yet_corrects_the_application_itself() -> None:
    assert documents.with_application(NEW, GOOD) == replace(NEW, application=GOOD, stage="draft")


UNTIL = datetime(2026, 6, 9, 4, 0, tzinfo=UTC)
ENDING = with_dates(replace(APPROVED, application=papers(NEXT_WEEK, NEXT_YEAR)), ZONE)
WARNED = with_dates(replace(ENDING, notice=DocumentsNotice(UNTIL, days=1)), ZONE)


def test_when_to_look_again() -> None:
    assert ENDING.due_at == UNTIL - timedelta(days=30)
    assert WARNED.due_at == UNTIL
    assert APPROVED.documents_until is not None
    insurance_due = APPROVED.documents_until - timedelta(days=30)
    ended = with_dates(replace(WARNED, notice=DocumentsNotice(UNTIL, expired=True)), ZONE)
    assert ended.due_at == insurance_due, "of the licence nothing is due any more"
    renewed = with_dates(replace(WARNED, application=GOOD), ZONE)
    assert renewed.notice is None
    assert renewed.due_at == insurance_due
    assert with_dates(model.set_approval(ENDING, "suspended"), ZONE).due_at is None
    assert with_dates(NEW, ZONE).due_at is None


def test_a_driver_is_reminded_30_7_and_1_days_before_the_end() -> None:
    profile, told = replace(ENDING, online=True), []
    for days in (31, 30, 29, 7, 6, 1, 0.5):
        profile, event = review_by_date(profile, UNTIL - timedelta(days=days), ZONE, on_job=False)
        if event is not None:
            assert event == DriverDocumentsExpiring(
                driver_id="usr_d", documents=("licence",), last_day=NEXT_WEEK
            )
            told.append(days)
    assert told == [30, 7, 1]
    assert (profile.online, profile.due_at) == (True, UNTIL)


def test_each_paper_has_reminders_of_its_own() -> None:
    insured = NEXT_WEEK + timedelta(days=20)
    profile = with_dates(replace(APPROVED, application=papers(NEXT_WEEK, insured)), ZONE)
    told = []
    for hours in range(31 * 24):
        now = UNTIL - timedelta(days=31) + timedelta(hours=hours)
        profile, event = review_by_date(profile, now, ZONE, on_job=False)
        if event is not None:
            told.append((event.documents, event.last_day, (UNTIL - now).days))
        assert with_dates(profile, ZONE) == profile
    assert told == [
        (("licence",), NEXT_WEEK, 30),
        (("insurance",), insured, 10),
        (("licence",), NEXT_WEEK, 7),
        (("licence",), NEXT_WEEK, 1),
    ]
    renewed = with_dates(replace(profile, application=papers(NEXT_YEAR, insured)), ZONE)
    assert renewed.due_at == UNTIL + timedelta(days=13), "30 days before, the driver was reminded already"


def test_the_other_papers_are_reminded_of_after_the_first_has_ended() -> None:
    insured = NEXT_WEEK + timedelta(days=20)
    profile = with_dates(replace(APPROVED, online=True, application=papers(NEXT_WEEK, insured)), ZONE)
    told = []
    for hours in range(60 * 24):
        now = UNTIL - timedelta(days=31) + timedelta(hours=hours)
        profile, event = review_by_date(profile, now, ZONE, on_job=False)
        if event is not None:
            left = UNTIL + (event.last_day - NEXT_WEEK) - now
            ended = isinstance(event, DriverDocumentsExpired)
            told.append((event.documents, "ended" if ended else left.days))
        assert with_dates(profile, ZONE) == profile
        assert not documents.is_outdated(profile, ZONE)
    assert told == [
        (("licence",), 30),
        (("insurance",), 30),
        (("licence",), 7),
        (("licence",), 1),
        (("licence",), "ended"),
        (("insurance",), 7),
        (("insurance",), 1),
        (("insurance",), "ended"),
    ]
    assert profile.due_at is None
    assert profile.notice == DocumentsNotice(UNTIL, expired=True)
    stopped = replace(profile, due_at=None, reminders=(), notice=DocumentsNotice(UNTIL, expired=True))
    assert documents.is_outdated(stopped, ZONE), "an older version looked no more after the first end"


def test_a_profile_of_an_older_version_is_dated_again() -> None:
    insured = NEXT_WEEK + timedelta(days=3)
    profile = with_dates(replace(WARNED, application=papers(NEXT_WEEK, insured)), ZONE)
    assert not documents.is_outdated(profile, ZONE)
    assert documents.is_outdated(replace(profile, due_at=UNTIL), ZONE), "the insurance's reminder is before"
    assert documents.is_outdated(replace(profile, documents_until=None, due_at=None), ZONE)
    paused = replace(profile, due_at=UNTIL + ON_JOB_PAUSE)
    assert not documents.is_outdated(paused, ZONE), "the driver finishes a job first"


def test_a_driver_who_changes_vehicles_is_not_reminded_again() -> None:
    def registration(vehicle_id: str, day: date) -> DocumentSummary:
        return DocumentSummary(
            id=f"doc_{vehicle_id}",
            kind="registration",
            state="approved",
            vehicle_id=vehicle_id,
            expires_on=day,
        )

    both = (registration("veh_a", NEXT_WEEK), registration("veh_b", NEXT_YEAR))
    first = with_dates(replace(APPROVED, documents=both, vehicle_id="veh_a"), ZONE)
    now = UNTIL - timedelta(days=5)
    told, event = review_by_date(first, now, ZONE, on_job=False)
    assert event is not None and event.documents == ("registration",)
    second = with_dates(replace(told, vehicle_id="veh_b"), ZONE)
    again = with_dates(replace(second, vehicle_id="veh_a"), ZONE)
    assert again.due_at == UNTIL - timedelta(days=1)


def test_only_the_nearest_reminder_is_sent_for_papers_that_end_soon() -> None:
    after, event = review_by_date(ENDING, UNTIL - timedelta(days=3), ZONE, on_job=False)
    assert event is not None
    assert after.notice == DocumentsNotice(UNTIL, days=7)
    assert with_dates(after, ZONE).due_at == after.due_at == UNTIL - timedelta(days=1)


def test_a_driver_whom_an_older_version_has_warned_is_reminded_from_7_days_on() -> None:
    stored = msgspec.json.decode(b'{"until": "2026-06-09T04:00:00Z"}', type=DocumentsNotice)
    assert with_dates(replace(ENDING, notice=stored), ZONE).due_at == UNTIL - timedelta(days=7)


def test_papers_that_end_take_their_driver_offline() -> None:
    after, event = review_by_date(replace(WARNED, online=True), UNTIL, ZONE, on_job=False)
    assert event == DriverDocumentsExpired(driver_id="usr_d", documents=("licence",), last_day=NEXT_WEEK)
    assert (after.online, after.offline_reason) == (False, "documents_expired")
    assert review_by_date(after, UNTIL, ZONE, on_job=False) == Reviewed(after)


def test_a_driver_on_a_job_finishes_it_first() -> None:
    after, event = review_by_date(replace(WARNED, online=True), UNTIL, ZONE, on_job=True)
    assert (after.online, event) == (True, None)
    assert after.due_at == UNTIL + ON_JOB_PAUSE
    later = UNTIL + timedelta(hours=1)
    assert not review_by_date(after, later, ZONE, on_job=False).profile.online


def test_a_driver_who_is_offline_is_told_as_well() -> None:
    after, event = review_by_date(WARNED, UNTIL, ZONE, on_job=False)
    assert isinstance(event, DriverDocumentsExpired)
    assert after.offline_reason is None
