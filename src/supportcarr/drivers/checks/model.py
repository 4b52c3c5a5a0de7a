"""A check of an applicant by an outside provider, its states, and which check of a kind counts.  Pure.

The provider is the only source of a result.  A state without successors is final: what comes late or out of
order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.ids import DRIVER_CHECK
from supportcarr.contracts.personal import Personal
from supportcarr.drivers.ports import Candidate, CheckKind, CheckReport
from supportcarr.kit.runtime.ids import derived_id

CheckState = Literal["pending", "ordered", "clear", "consider", "failed"]
Command = Literal["order", "clear", "consider", "fail"]

KINDS: tuple[CheckKind, ...] = ("identity", "background")
VALID = timedelta(days=365)  # city time after which a new submission is checked again
FIRST_POLL, LONGEST_POLL = timedelta(minutes=1), timedelta(hours=6)  # a webhook is usually faster
_EPOCH = datetime.fromisoformat("2020-01-01T00:00:00+00:00")  # ids sort by nothing
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=1)

TABLE: Mapping[CheckState, Mapping[Command, CheckState]] = {
    "pending": {"order": "ordered", "fail": "failed"},  # to be ordered
    "ordered": {"clear": "clear", "consider": "consider", "fail": "failed"},
    "clear": {},
    "consider": {},  # the provider found something that a person has to look at
    "failed": {},  # the check could not be carried out
}


class DriverCheck(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One check of a driver.  City time.

    ``due_at`` is when the provider is called next; none once the state is final.  ``candidate`` is what the
    order says, until it is taken: a provider refuses a repeat that says something else under the same
    idempotency key, as it would after a change of the name.
    """

    driver_id: str
    kind: CheckKind
    submission: int  # the version of the driver's profile that it led to
    state: Annotated[CheckState, Personal("driver_id", neutral="failed")] = "pending"
    detail: Annotated[str | None, Personal("driver_id")] = None  # in the provider's words
    candidate: Annotated[Candidate | None, Personal("driver_id")] = None
    report_id: str | None = None  # the provider's
    calls: int = 0  # without progress
    created_at: datetime
    changed_at: datetime  # of the state
    due_at: datetime | None = None

    @property
    def is_final(self) -> bool:
        return not TABLE[self.state]


class Submission(NamedTuple):
    """A submission of an application: the version of the profile that it led to, and when (city time)."""

    driver_id: str
    version: int
    at: datetime


def new_check(submission: Submission, kind: CheckKind, candidate: Candidate, at: datetime) -> DriverCheck:
    """The check of a submission.  Its id is the same for a repeat, and the provider's idempotency key."""
    source = f"{submission.driver_id}.{kind}.{submission.version}"
    return DriverCheck(
        id=derived_id(DRIVER_CHECK, _EPOCH, source),
        driver_id=submission.driver_id,
        kind=kind,
        submission=submission.version,
        candidate=candidate,
        created_at=submission.at,
        changed_at=at,
        due_at=at,
    )


def is_needed(latest: DriverCheck | None, submission: Submission, *, again: bool) -> bool:
    """Whether a submission is checked: not while an earlier check is in progress, or its result is valid.

    Of a check that failed only if *again*.
    """
    if latest is None:
        return True
    if latest.state == "failed":
        return again and latest.submission < submission.version
    return latest.is_final and latest.changed_at + VALID < submission.at


def reported(check: DriverCheck, report: CheckReport, at: datetime) -> DriverCheck | None:
    """The check after the provider's answer; ``None`` if that changes nothing."""
    if check.is_final:
        return None
    if check.state == "pending":
        check = replace(_moved(check, "order", at), report_id=report.id)
    match report.status:
        case "pending":
            return _later(check, FIRST_POLL, LONGEST_POLL, at)
        case "clear" | "consider":
            return replace(_moved(check, report.status, at), detail=report.detail)
        case "canceled":
            return failed(check, report.detail, at)


def failed(check: DriverCheck, why: str | None, at: datetime) -> DriverCheck | None:
    """The check that the provider refused or gave up; ``None`` if it has a result."""
    return None if check.is_final else replace(_moved(check, "fail", at), detail=why)


def postponed(check: DriverCheck, at: datetime) -> DriverCheck | None:
    """The check after a call that got no answer; ``None`` if it has a result."""
    return None if check.is_final else _later(check, FIRST_RETRY, LONGEST_RETRY, at)


def called_soon(check: DriverCheck, at: datetime) -> DriverCheck | None:
    """The check of which the provider has news; ``None`` if it has a result.

    Also a check that is due is written: a call in progress may have read the provider before the news, and
    sees by the version that it has to be repeated.
    """
    return None if check.is_final else replace(check, due_at=at)


def latest_of(checks: Iterable[DriverCheck]) -> dict[CheckKind, DriverCheck]:
    """The latest check of each kind."""
    return {check.kind: check for check in sorted(checks, key=lambda check: check.submission)}


def _moved(check: DriverCheck, command: Command, at: datetime) -> DriverCheck:
    state = TABLE[check.state][command]
    return replace(check, state=state, candidate=None, changed_at=at, calls=0, due_at=None)


def _later(check: DriverCheck, first: timedelta, longest: timedelta, at: datetime) -> DriverCheck:
    pause = min(longest, first * 2 ** min(check.calls, 16))
    return replace(check, calls=check.calls + 1, due_at=at + pause)
