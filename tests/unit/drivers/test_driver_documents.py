"""Uploaded documents: their states, which are current, and what they count for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from supportcarr.contracts.errors import IllegalTransition
from supportcarr.drivers import documents
from supportcarr.drivers.driver_documents import model
from supportcarr.drivers.driver_documents.model import TABLE, DriverDocument
from supportcarr.drivers.errors import DocumentsNotApproved
from supportcarr.drivers.model import Application, DocumentState, DriverProfile

ZONE = ZoneInfo("America/Toronto")
NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
TODAY, SOON, LATER = date(2026, 6, 1), date(2026, 6, 8), date(2028, 1, 1)
GOOD = Application(
    licence_class="5", licence_expires_on=LATER, insurer="Intact", insurance_expires_on=LATER, applied_at=NOW
)
PROFILE = DriverProfile(id="usr_d", created_at=NOW, vehicle_ids=("veh_a", "veh_b"), application=GOOD)


def document(number: int, kind: str = "licence", state: str = "pending", **changed: Any) -> DriverDocument:
    given: dict[str, Any] = {
        "id": f"doc_{number}",
        "driver_id": "usr_d",
        "kind": kind,
        "state": state,
        "file_ids": (f"fil_{number}",),
        "uploaded_at": NOW + timedelta(minutes=number),
        "expires_on": LATER if kind in ("licence", "insurance", "registration") else None,
        "vehicle_id": "veh_a" if kind in ("registration", "vehicle_photo") else None,
    }
    return DriverDocument(**(given | changed))


def holding(*found: DriverDocument, **changed: Any) -> DriverProfile:
    current, _ = model.split_current(found, PROFILE.vehicle_ids)
    return replace(PROFILE, documents=tuple(map(model.summary_of, current)), **changed)


EVERY = tuple(
    document(n, kind, "approved")
    for n, kind in enumerate(("licence", "insurance", "registration", "vehicle_photo", "profile_photo"))
)


@pytest.mark.parametrize("state", TABLE)
def test_an_operator_decides_only_what_the_table_allows(state: DocumentState) -> None:
    for command, to in (("approve", "approved"), ("reject", "rejected")):
        before = document(1, state=state, reason="Seen")
        if command in TABLE[state]:
            after = model.reviewed(before, command, "New", NOW, TODAY)  # type: ignore[arg-type]
            assert after is not None
            assert (after.state, after.reason, after.reviewed_at) == (to, "New", NOW)
            assert model.reviewed(after, command, "New", NOW, TODAY) is None  # type: ignore[arg-type]
        else:
            with pytest.raises(IllegalTransition):
                model.reviewed(before, command, "New", NOW, TODAY)  # type: ignore[arg-type]


def test_a_document_that_has_expired_is_not_approved() -> None:
    with pytest.raises(IllegalTransition, match="valid until"):
        model.reviewed(document(1, expires_on=date(2026, 5, 31)), "approve", None, NOW, TODAY)


def test_an_approved_document_expires_after_its_last_day() -> None:
    approved = document(1, state="approved", expires_on=TODAY)
    assert model.expired(approved, TODAY) is None
    after = model.expired(approved, TODAY + timedelta(days=1))
    assert after is not None and after.state == "expired"
    assert model.expired(document(1, expires_on=date(2020, 1, 1)), TODAY) is None


WITHDRAWN: dict[str, Any] = {"approved_at": NOW, "reviewed_at": NOW}


@pytest.mark.parametrize(
    ("found", "current", "gone"),
    [
        ([document(1)], [1], []),
        ([document(1), document(2)], [2], [1]),
        ([document(1, state="approved"), document(2)], [1, 2], []),
        ([document(1, state="approved"), document(2, state="rejected"), document(3)], [1, 3], [2]),
        ([document(1, state="approved"), document(2, state="approved")], [2], [1]),
        ([document(1, state="rejected"), document(2, state="approved")], [2], [1]),
        ([document(1, state="expired"), document(2)], [1, 2], []),
        ([document(1, state="rejected", **WITHDRAWN), document(2)], [1, 2], []),
        ([document(1), document(2, "insurance")], [1, 2], []),
        ([document(1, "registration"), document(2, "registration", vehicle_id="veh_b")], [1, 2], []),
        ([document(1, "registration", vehicle_id="veh_removed")], [], [1]),
    ],
)
def test_which_documents_are_current(
    found: list[DriverDocument], current: list[int], gone: list[int]
) -> None:
    kept, replaced = model.split_current(found, PROFILE.vehicle_ids)
    assert [d.id for d in kept] == [f"doc_{n}" for n in current]
    assert [d.id for d in replaced] == [f"doc_{n}" for n in gone]


def test_what_an_application_lacks_where_documents_are_required() -> None:
    lacking = documents.missing_requirements(PROFILE, TODAY, uploads=True)
    kinds = ("licence", "insurance", "profile_photo", "registration", "vehicle_photo")
    assert lacking == [f"documents.{kind}" for kind in kinds]
    assert documents.missing_requirements(PROFILE, TODAY) == []
    pending = [replace(d, state="pending") for d in EVERY]
    assert documents.missing_requirements(holding(*pending), TODAY, uploads=True) == []
    rejected = replace(EVERY[0], state="rejected")
    assert documents.missing_requirements(holding(rejected, *EVERY[1:]), TODAY, uploads=True) == [
        "documents.licence"
    ]


def test_the_documents_of_two_vehicles_do_not_complete_each_other() -> None:
    other = replace(EVERY[3], vehicle_id="veh_b")
    profile = holding(*EVERY[:3], other, EVERY[4])
    assert documents.missing_requirements(profile, TODAY, uploads=True) == ["documents.vehicle_photo"]


def test_an_approval_needs_each_document_approved() -> None:
    documents.check_approved(holding(*EVERY), TODAY)
    with pytest.raises(DocumentsNotApproved) as refused:
        documents.check_approved(holding(document(0), *EVERY[1:4]), TODAY)
    assert [(e.field, e.code) for e in refused.value.errors] == [
        ("documents.licence", "not_approved"),
        ("documents.profile_photo", "missing"),
    ]


def test_an_approved_document_counts_in_place_of_the_statement() -> None:
    approved = document(1, state="approved", expires_on=SOON)
    assert documents.last_days(holding(approved))["licence"] == SOON
    assert documents.last_days(holding(document(1, expires_on=SOON)))["licence"] == LATER
    renewal = document(2, expires_on=date(2031, 1, 1))
    assert documents.last_days(holding(approved, renewal))["licence"] == SOON


def test_a_registration_counts_for_its_own_vehicle() -> None:
    with_a = holding(document(1, "registration", "approved", expires_on=SOON))
    assert documents.last_days(replace(with_a, vehicle_id="veh_a"))["registration"] == SOON
    assert documents.invalid_documents(replace(with_a, vehicle_id="veh_b"), TODAY) == ["registration"]
    assert "registration" not in documents.last_days(replace(PROFILE, vehicle_id="veh_a"))


def test_a_withdrawn_approval_ends_at_once() -> None:
    withdrawn = holding(document(1, state="rejected", **WITHDRAWN), approval="approved")
    dated = documents.with_dates(withdrawn, ZONE)
    assert documents.invalid_documents(dated, TODAY) == ["licence"]
    assert dated.due_at is not None and dated.due_at <= NOW
    online = replace(dated, online=True)
    assert documents.review_by_date(online, NOW, ZONE, on_job=True).profile.online, (
        "not in the middle of a job"
    )
    assert not documents.review_by_date(online, NOW, ZONE, on_job=False).profile.online


def test_a_new_document_takes_the_application_out_of_the_review() -> None:
    in_review = replace(PROFILE, stage="in_review", review_since=NOW)
    new = (model.summary_of(document(1)),)
    after, [event] = model.with_documents(in_review, new, NOW)
    assert (after.stage, event.state, after.documents) == ("submitted", "submitted", new)
    assert model.with_documents(after, new, NOW) == (after, ())
    rejected, events = model.with_documents(replace(PROFILE, stage="rejected"), new, NOW)
    assert (rejected.stage, events) == ("rejected", ())
