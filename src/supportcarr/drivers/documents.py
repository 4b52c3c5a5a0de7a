"""Which papers of a driver count, until when, and what follows by date.  Pure.

The papers that an operator approved count: an uploaded document, or without one what the driver stated.  What
a driver states afterwards waits for the operator's review, except that it can make the papers worse at once:
nobody claims an earlier end than the true one.  A vehicle's registration counts as soon as an operator has
approved the first of any.
A paper is valid until the end of its last day, in the time zone of the service area.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from supportcarr.contracts.errors import FieldError
from supportcarr.contracts.events import DriverDocumentsExpired, DriverDocumentsExpiring
from supportcarr.drivers.errors import DocumentsNotApproved
from supportcarr.drivers.model import (
    Application,
    DocumentKind,
    DocumentsNotice,
    DocumentSummary,
    DriverProfile,
    PaperReminder,
    Stage,
    go_offline,
    state_of,
)

WARN_DAYS = (30, 7, 1)  # city time before the end: long enough to renew an insurance, and to be reminded
ON_JOB_PAUSE = timedelta(minutes=1)  # city time between two checks whether the driver's job is over
EARLIEST = date(1970, 1, 1)  # of the calculation: what is older has expired as well
LATEST = date(9999, 12, 30)

Document = Literal["licence", "insurance", "registration"]
OF_DRIVER: tuple[DocumentKind, ...] = ("licence", "insurance", "profile_photo")  # that are required
OF_VEHICLE: tuple[DocumentKind, ...] = ("registration", "vehicle_photo")  # the same of one vehicle


class Reviewed(NamedTuple):
    """A profile after a look at the date, and the event to publish."""

    profile: DriverProfile
    event: DriverDocumentsExpiring | DriverDocumentsExpired | None = None


def last_days(profile: DriverProfile) -> dict[Document, date | None]:
    """The last day on which each paper counts; ``None`` if there is none."""
    days: dict[Document, date | None] = {
        "licence": _earlier(_licence(profile.application), _licence(profile.review)),
        "insurance": _earlier(_insurance(profile.application), _insurance(profile.review)),
    }
    for kind in ("licence", "insurance"):
        if uploaded := _counting(profile, kind):
            days[kind] = uploaded.expires_on
    if profile.vehicle_id and any(d.kind == "registration" and d.counts for d in profile.documents):
        registration = _counting(profile, "registration", profile.vehicle_id)
        days["registration"] = registration.expires_on if registration else None
    return days


def invalid_documents(profile: DriverProfile, today: date) -> list[Document]:
    """The papers that are missing or have expired."""
    return [document for document, day in last_days(profile).items() if day is None or day < today]


def missing_requirements(profile: DriverProfile, today: date, *, uploads: bool = False) -> list[str]:
    """What an application lacks: ``licence``, ``insurance`` (also if expired), ``vehicle``.

    With *uploads* each document has to be uploaded, too: ``documents.licence``, ….
    """
    lacks = [*invalid_documents(profile, today), *(() if profile.vehicle_ids else ("vehicle",))]
    if uploads:
        lacks += [f"documents.{kind}" for kind in _lacking_uploads(profile, today, approved=False)]
    return lacks


def check_approved(profile: DriverProfile, today: date) -> None:
    """Check that each document is approved.  Raises ``DocumentsNotApproved``."""
    found = {document.kind for document in profile.documents}
    errors = tuple(
        FieldError(f"documents.{kind}", *_NOT_APPROVED[kind in found])
        for kind in _lacking_uploads(profile, today, approved=True)
    )
    if errors:
        kinds = ", ".join(error.field.partition(".")[2] for error in errors)
        raise DocumentsNotApproved(f"Not uploaded, or not approved: {kinds}", errors=errors)


_NOT_APPROVED = {  # the code and the sentence, by whether there is one
    True: ("not_approved", "Approve this document first, or ask the driver for another one"),
    False: ("missing", "The driver has not uploaded this document"),
}


def _lacking_uploads(profile: DriverProfile, today: date, *, approved: bool) -> list[DocumentKind]:
    """The required kinds of which there is no valid upload, or no approved one.

    Of the documents of vehicles those count of the vehicle that lacks the least.
    """

    def lacks(kind: DocumentKind, vehicle_id: str | None = None) -> bool:
        return not any(
            document.kind == kind
            and (vehicle_id is None or document.vehicle_id == vehicle_id)
            and document.state in (("approved",) if approved else ("approved", "pending"))
            and (document.expires_on is None or document.expires_on >= today)
            for document in profile.documents
        )

    of_vehicles = [[kind for kind in OF_VEHICLE if lacks(kind, v)] for v in profile.vehicle_ids]
    return [*(kind for kind in OF_DRIVER if lacks(kind)), *min(of_vehicles, key=len, default=OF_VEHICLE)]


def _counting(
    profile: DriverProfile, kind: DocumentKind, vehicle_id: str | None = None
) -> DocumentSummary | None:
    """The uploaded document of that kind that counts."""
    found = (d for d in profile.documents if d.kind == kind and d.counts)
    return next((d for d in found if vehicle_id is None or d.vehicle_id == vehicle_id), None)


def valid_until(profile: DriverProfile, zone: ZoneInfo) -> datetime | None:
    """The end of the first paper to expire; ``None`` if one is missing."""
    first = _first_to_expire(profile)
    return None if first is None else _end_of(first, zone)


def with_application(profile: DriverProfile, form: Application) -> DriverProfile:
    """The profile with the driver's statement: in review, unless nothing was approved yet."""
    if profile.approval == "pending":
        stage: Stage | None = "draft" if state_of(profile) == "draft" else profile.stage
        return replace(profile, application=form, stage=stage)
    if same_statement(profile.application, form):
        return replace(profile, review=None, review_since=None)
    return replace(profile, review=form, review_since=form.applied_at)


def same_statement(first: Application, second: Application) -> bool:
    """True if both state the same, whenever they did."""
    return replace(first, applied_at=None) == replace(second, applied_at=None)


def with_dates(profile: DriverProfile, zone: ZoneInfo) -> DriverProfile:
    """The profile with the fields that follow from its papers: until when they count, when to look again."""
    until = valid_until(profile, zone)
    notice = profile.notice if profile.notice and profile.notice.until == until else None
    dated = replace(profile, documents_until=until, notice=notice, due_at=None)
    if profile.approval != "approved" or until is None:
        return dated
    return replace(dated, due_at=_next_look(dated, zone))


def is_outdated(profile: DriverProfile, zone: ZoneInfo) -> bool:
    """True if an older version stored it: without dates, or to be looked at after a reminder is due."""
    if profile.documents_until is None:
        return True
    due_at = with_dates(profile, zone).due_at
    if due_at is None or profile.due_at is None:
        return due_at is not profile.due_at
    return due_at < profile.due_at <= profile.documents_until


def review_by_date(profile: DriverProfile, now: datetime, zone: ZoneInfo, *, on_job: bool) -> Reviewed:
    """What the date changes: a warning, or the end of the driver's work.

    Papers with the same last day are in one warning; if those of several days are due, the look that follows
    finds the next.  The other papers' warnings go on after the first end.  A driver on a job stays online
    until it is over; dispatch offers no other job meanwhile.
    """
    if profile.due_at is None or profile.documents_until is None or now < profile.due_at:
        return Reviewed(profile)
    next_ones = _next_reminders(profile, zone)
    over = [paper for paper in next_ones if _end_of(paper.last_day, zone) <= now]
    if not over:
        return _remind(profile, [paper for paper in next_ones if paper.at <= now], now, zone)
    if profile.online and on_job:
        return Reviewed(replace(profile, due_at=now + ON_JOB_PAUSE))
    last_day, names = _first_of(over)
    ended = go_offline(profile, "documents_expired") if profile.online else profile
    if (end := _end_of(last_day, zone)) == profile.documents_until:
        ended = replace(ended, notice=DocumentsNotice(end, expired=True))
    ended = _told(ended, names, last_day, 0, now, zone)
    return Reviewed(ended, DriverDocumentsExpired(driver_id=profile.id, documents=names, last_day=last_day))


def _remind(profile: DriverProfile, due: list[_NextReminder], now: datetime, zone: ZoneInfo) -> Reviewed:
    """The warning about the first papers of which one is due.

    The driver is told the last one that is due only: of papers that end in 3 days not that they end in 30.
    """
    if not due:
        return Reviewed(replace(profile, due_at=_next_look(profile, zone)))
    last_day, names = _first_of(due)
    end = _end_of(last_day, zone)
    days = min(days for days in WARN_DAYS if end - now <= timedelta(days=days))
    if end == profile.documents_until:
        profile = replace(profile, notice=DocumentsNotice(end, days=days))
    event = DriverDocumentsExpiring(driver_id=profile.id, documents=names, last_day=last_day)
    return Reviewed(_told(profile, names, last_day, days, now, zone), event)


def _first_of(reminders: list[_NextReminder]) -> tuple[date, tuple[Document, ...]]:
    """The last day of those that end first, and which these are."""
    last_day = min(reminder.last_day for reminder in reminders)
    return last_day, tuple(reminder.paper for reminder in reminders if reminder.last_day == last_day)


def _told(
    profile: DriverProfile,
    papers: tuple[Document, ...],
    last_day: date,
    days: int,
    now: datetime,
    zone: ZoneInfo,
) -> DriverProfile:
    """The profile of a driver who is told of these papers, *days* before their end."""
    today, current = now.astimezone(zone).date(), last_days(profile)
    kept = (
        sent
        for sent in profile.reminders
        if (sent.last_day >= today or current.get(sent.paper) == sent.last_day)
        and not (sent.paper in papers and sent.last_day == last_day)
    )
    sent_now = (PaperReminder(paper=paper, last_day=last_day, days=days) for paper in papers)
    told = replace(profile, reminders=(*kept, *sent_now))
    return replace(told, due_at=_next_look(told, zone))


class _NextReminder(NamedTuple):
    """When the driver is told next about a paper: ``days`` before its end, 0: at the end."""

    paper: Document
    last_day: date
    days: int
    at: datetime


def _next_reminders(profile: DriverProfile, zone: ZoneInfo) -> list[_NextReminder]:
    """The next reminder of each paper that there is, but of those of whose end the driver was told."""
    sent = {(reminder.paper, reminder.last_day): reminder.days for reminder in profile.reminders}
    reminders = []
    for paper, day in last_days(profile).items():
        if day is None:
            continue
        end = _end_of(day, zone)
        told = sent.get((paper, day))
        if profile.notice and profile.notice.until == end:  # an older version has noted it only there
            told = 0 if profile.notice.expired else profile.notice.days if told is None else told
        if told != 0:
            days = max((days for days in WARN_DAYS if told is None or days < told), default=0)
            reminders.append(_NextReminder(paper, day, days, end - timedelta(days=days)))
    return reminders


def _next_look(profile: DriverProfile, zone: ZoneInfo) -> datetime | None:
    """When the date changes something next: a reminder, or an end."""
    return min((reminder.at for reminder in _next_reminders(profile, zone)), default=None)


def _end_of(last_day: date, zone: ZoneInfo) -> datetime:
    """The end of that day in the zone."""
    day = min(max(last_day, EARLIEST), LATEST) + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _licence(form: Application | None) -> date | None:
    return form.licence_expires_on if form and form.licence_class is not None else None


def _insurance(form: Application | None) -> date | None:
    return form.insurance_expires_on if form and form.insurer is not None else None


def _earlier(approved: date | None, stated: date | None) -> date | None:
    return min(approved, stated) if approved and stated else approved


def _first_to_expire(profile: DriverProfile) -> date | None:
    """The last day of the first paper to expire; ``None`` if one is missing."""
    days = [day for day in last_days(profile).values() if day is not None]
    return min(days) if len(days) == len(last_days(profile)) else None
