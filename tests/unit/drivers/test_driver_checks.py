"""Checks of drivers: their states, when the provider is called next, and when a submission needs one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from supportcarr.drivers.checks import model
from supportcarr.drivers.checks.model import TABLE, CheckState, DriverCheck, Submission
from supportcarr.drivers.ports import Candidate, CheckReport

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
MARIE = Candidate("Marie Tremblay", "+15145550112")
FIRST = Submission("usr_d", 3, NOW)
FINAL = ("clear", "consider", "failed")


def check(state: CheckState = "pending", **changed: Any) -> DriverCheck:
    made = model.new_check(FIRST, "identity", MARIE, NOW)
    report_id = None if state == "pending" else "rep_1"
    due_at = None if state in FINAL else NOW
    return replace(made, state=state, report_id=report_id, due_at=due_at, **changed)


def report(status: Any, detail: str | None = None) -> CheckReport:
    return CheckReport(id="rep_1", status=status, detail=detail)


def test_the_id_is_the_same_for_a_repeat_and_another_for_another_submission_or_kind() -> None:
    same = model.new_check(FIRST._replace(at=NOW + timedelta(hours=1)), "identity", MARIE, NOW)
    assert same.id == check().id
    assert len({check().id, model.new_check(FIRST, "background", MARIE, NOW).id}) == 2
    assert model.new_check(FIRST._replace(version=4), "identity", MARIE, NOW).id != check().id


@pytest.mark.parametrize("state", ["pending", "ordered"])
@pytest.mark.parametrize(
    ("status", "to"),
    [("pending", "ordered"), ("clear", "clear"), ("consider", "consider"), ("canceled", "failed")],
)
def test_a_report_decides(state: CheckState, status: str, to: CheckState) -> None:
    after = model.reported(check(state, calls=5), report(status, "Said so"), NOW)
    assert after is not None
    assert (after.state, after.report_id) == (to, "rep_1")
    assert after.is_final == (to in FINAL) == (after.due_at is None)
    assert after.detail == ("Said so" if after.is_final else None)


@pytest.mark.parametrize("state", FINAL)
def test_nothing_changes_a_result(state: CheckState) -> None:
    assert TABLE[state] == {}
    done = check(state)
    for status in ("pending", "clear", "consider", "canceled"):
        assert model.reported(done, report(status), NOW) is None
    assert model.failed(done, "No", NOW) is None
    assert model.postponed(done, NOW) is None
    assert model.called_soon(done, NOW) is None


def test_the_provider_is_called_less_and_less_often() -> None:
    waits: dict[str, list[timedelta]] = {"polls": [], "retries": []}
    polled, retried = check("ordered"), check("pending")
    for _ in range(24):
        for name, after in (
            ("polls", model.reported(polled, report("pending"), NOW)),
            ("retries", model.postponed(retried, NOW)),
        ):
            assert after is not None
            assert after.due_at is not None
            waits[name].append(after.due_at - NOW)
            polled, retried = (after, retried) if name == "polls" else (polled, after)
    assert waits["polls"][:3] == [timedelta(minutes=n) for n in (1, 2, 4)]
    assert waits["retries"][:3] == [timedelta(seconds=n) for n in (30, 60, 120)]
    assert (waits["polls"][-1], waits["retries"][-1]) == (model.LONGEST_POLL, model.LONGEST_RETRY)
    assert (polled.state, retried.state) == ("ordered", "pending")


def test_an_order_begins_the_pauses_anew() -> None:
    after = model.reported(check(calls=9), report("pending"), NOW)
    assert after is not None
    assert after.due_at == NOW + model.FIRST_POLL


def test_news_have_the_provider_called_at_once() -> None:
    waiting = replace(check("ordered"), due_at=NOW + timedelta(hours=3))
    assert model.called_soon(waiting, NOW) == replace(waiting, due_at=NOW)
    assert model.called_soon(check("ordered"), NOW) is not None  # a call in progress sees a new version


@pytest.mark.parametrize(
    ("latest", "after", "again", "needed"),
    [
        (None, timedelta(), False, True),
        ("pending", timedelta(days=400), True, False),
        ("ordered", timedelta(days=400), True, False),
        ("clear", timedelta(days=364), True, False),
        ("clear", timedelta(days=366), False, True),
        ("consider", timedelta(days=1), True, False),
        ("failed", timedelta(days=1), True, True),
        ("failed", timedelta(days=1), False, False),
    ],
)
def test_a_submission_is_checked_once_a_year(
    latest: CheckState | None, after: timedelta, again: bool, needed: bool
) -> None:
    found = check(latest) if latest else None
    submission = Submission("usr_d", 9, NOW + after)
    assert model.is_needed(found, submission, again=again) is needed


def test_a_repeated_submission_orders_nothing_anew() -> None:
    assert not model.is_needed(check("failed"), FIRST, again=True)


def test_the_latest_of_each_kind_counts() -> None:
    old, other = check("failed"), model.new_check(FIRST, "background", MARIE, NOW)
    new = replace(check("clear"), id="chk_0", submission=4)
    assert model.latest_of([new, other, old]) == {"identity": new, "background": other}
