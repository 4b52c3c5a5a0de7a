"""Every change of a driver's approval and availability: the profile after it, and what is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from supportcarr.drivers import model
from supportcarr.drivers.errors import NotApproved
from supportcarr.drivers.model import DriverProfile

NEW = DriverProfile(id="usr_d", created_at=datetime(2026, 6, 1, tzinfo=UTC), vehicle_ids=("veh_a",))
OFFLINE = replace(NEW, approval="approved", vehicle_id="veh_a")

PROFILES = {
    "pending": NEW,
    "offline": OFFLINE,
    "online": replace(OFFLINE, online=True),
    "suspended": replace(OFFLINE, approval="suspended", offline_reason="suspended"),
    "missed too many": replace(OFFLINE, offline_reason="missed_offers"),
}
COMMANDS: dict[str, Callable[[DriverProfile], DriverProfile]] = {
    "goes online": lambda profile: model.go_online(profile, "veh_a"),
    "goes offline": model.go_offline,
    "misses too many offers": lambda profile: model.go_offline(profile, "missed_offers"),
    "is approved": lambda profile: model.set_approval(profile, "approved"),
    "is suspended": lambda profile: model.set_approval(profile, "suspended"),
}


@pytest.mark.parametrize(
    ("state", "command", "after", "published"),
    [
        ("pending", "is approved", ("approved", False, None), True),
        ("pending", "is suspended", ("suspended", False, "suspended"), True),
        ("offline", "goes online", ("approved", True, None), True),
        ("offline", "goes offline", ("approved", False, None), False),
        ("offline", "is approved", ("approved", False, None), False),
        ("offline", "is suspended", ("suspended", False, "suspended"), True),
        ("online", "goes online", ("approved", True, None), False),
        ("online", "goes offline", ("approved", False, None), True),
        ("online", "misses too many offers", ("approved", False, "missed_offers"), True),
        ("online", "is approved", ("approved", True, None), False),
        ("online", "is suspended", ("suspended", False, "suspended"), True),
        ("suspended", "is approved", ("approved", False, None), True),
        ("suspended", "is suspended", ("suspended", False, "suspended"), False),
        ("missed too many", "goes online", ("approved", True, None), True),
    ],
)
def test_each_command_has_the_expected_result_in_each_state(
    state: str, command: str, after: tuple[str, bool, str | None], published: bool
) -> None:
    before = PROFILES[state]
    changed = COMMANDS[command](before)
    assert (changed.approval, changed.online, changed.offline_reason) == after
    events = model.standing_events(before, changed)
    assert len(events) == published
    for event in events:
        assert (event.approved, event.online) == (changed.approval == "approved", changed.online)


@pytest.mark.parametrize("state", ["pending", "suspended"])
def test_a_driver_who_is_not_approved_cannot_go_online(state: str) -> None:
    with pytest.raises(NotApproved):
        COMMANDS["goes online"](PROFILES[state])
