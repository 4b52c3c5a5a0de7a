"""Being approved, having vehicles and being online: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from supportcarr.contracts.errors import ApiError
from supportcarr.drivers import model
from supportcarr.drivers.model import VEHICLES_MAX, DriverProfile

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
NEW = DriverProfile(id="usr_d", created_at=NOW)
APPROVED = replace(NEW, approval="approved", vehicle_ids=("veh_a", "veh_b"))


@pytest.mark.parametrize(
    ("profile", "vehicle_id", "code", "status"),
    [
        (NEW, "veh_a", "driver_not_approved", 409),
        (replace(APPROVED, approval="suspended"), "veh_a", "driver_not_approved", 409),
        (APPROVED, None, "validation_failed", 422),
        (APPROVED, "veh_other", "validation_failed", 422),
    ],
)
def test_going_online_needs_approval_and_an_own_vehicle(
    profile: DriverProfile, vehicle_id: str | None, code: str, status: int
) -> None:
    with pytest.raises(ApiError) as refused:
        model.go_online(profile, vehicle_id)
    assert (refused.value.code, refused.value.status) == (code, status)
    if status == 422:
        assert [e.field for e in refused.value.errors] == ["vehicle_id"]


def test_the_vehicle_driven_last_need_not_be_named_again() -> None:
    online = model.go_online(APPROVED, "veh_b")
    assert (online.online, online.vehicle_id) == (True, "veh_b")
    again = model.go_online(model.go_offline(online, "missed_offers"), None)
    assert (again.online, again.vehicle_id, again.offline_reason) == (True, "veh_b", None)


def test_a_removed_vehicle_cannot_be_driven_even_if_it_was_the_last_one_driven() -> None:
    offline = model.go_offline(model.go_online(APPROVED, "veh_b"))
    with pytest.raises(ApiError):
        model.go_online(model.without_vehicle(offline, "veh_b"), None)


def test_the_vehicle_in_use_cannot_be_removed() -> None:
    online = model.go_online(APPROVED, "veh_b")
    with pytest.raises(ApiError, match="go offline first"):
        model.without_vehicle(online, "veh_b")
    assert model.without_vehicle(online, "veh_a").vehicle_ids == ("veh_b",)


def test_a_driver_has_a_bounded_number_of_vehicles() -> None:
    full = replace(NEW, vehicle_ids=tuple(f"veh_{n}" for n in range(VEHICLES_MAX)))
    with pytest.raises(ApiError):
        model.with_vehicle(full, "veh_more")
    assert model.with_vehicle(full, "veh_0") == full


def test_a_suspended_driver_goes_offline_with_the_reason() -> None:
    gone = model.set_approval(model.go_online(APPROVED, "veh_a"), "suspended")
    assert (gone.online, gone.offline_reason) == (False, "suspended")


def test_a_suspension_while_offline_is_published() -> None:
    (event,) = model.standing_events(APPROVED, model.set_approval(APPROVED, "suspended"))
    assert (event.approved, event.online, event.reason) == (False, False, "suspended")


def test_a_new_approval_clears_the_reason_of_the_suspension() -> None:
    gone = model.set_approval(model.go_online(APPROVED, "veh_a"), "suspended")
    (event,) = model.standing_events(gone, model.set_approval(gone, "approved"))
    assert (event.approved, event.online, event.reason) == (True, False, None)


def test_only_changes_that_matter_to_dispatch_are_published() -> None:
    assert model.standing_events(NEW, model.with_vehicle(NEW, "veh_a")) == ()
    online = model.go_online(APPROVED, "veh_a")
    (event,) = model.standing_events(APPROVED, online)
    assert (event.approved, event.online, event.vehicle_id) == (True, True, "veh_a")
    (event,) = model.standing_events(online, model.go_offline(online, "missed_offers"))
    assert (event.online, event.vehicle_id, event.reason) == (False, None, "missed_offers")
    assert len(model.standing_events(online, model.go_online(online, "veh_b"))) == 1
    (event,) = model.standing_events(online, replace(online, documents_until=NOW))
    assert (event.online, event.documents_until) == (True, NOW)
    assert model.standing_events(APPROVED, replace(APPROVED, documents_until=NOW)) == ()
