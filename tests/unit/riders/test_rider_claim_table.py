"""Every command to a rider's claim in every state of it, for the rescue that has the rider and another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from supportcarr.riders import model
from supportcarr.riders.errors import RiderHasLiveRescue
from supportcarr.riders.model import LiveRescue, RiderProfile

UNTIL = datetime(2026, 6, 1, 16, 1, tzinfo=UTC)
OWN, OTHER = "res_own", "res_other"

PROFILES = {
    "free": RiderProfile(id="usr_rider"),
    "claimed": RiderProfile(id="usr_rider", live_rescue=LiveRescue(OWN), claim_until=UNTIL),
    "confirmed": RiderProfile(id="usr_rider", live_rescue=LiveRescue(OWN, confirmed=True)),
}
COMMANDS: dict[str, Callable[[RiderProfile, str], RiderProfile | None]] = {
    "claim": lambda profile, rescue_id: model.claim(profile, rescue_id, UNTIL),
    "confirm": model.confirm,
    "release": model.release,
}
REFUSED = "refused"


@pytest.mark.parametrize(
    ("state", "command", "rescue_id", "after"),
    [
        ("free", "claim", OWN, "claimed"),
        ("free", "confirm", OWN, None),
        ("free", "release", OWN, None),
        ("claimed", "claim", OWN, None),
        ("claimed", "claim", OTHER, REFUSED),
        ("claimed", "confirm", OWN, "confirmed"),
        ("claimed", "confirm", OTHER, None),
        ("claimed", "release", OWN, "free"),
        ("claimed", "release", OTHER, None),
        ("confirmed", "claim", OWN, None),
        ("confirmed", "claim", OTHER, REFUSED),
        ("confirmed", "confirm", OWN, None),
        ("confirmed", "confirm", OTHER, None),
        ("confirmed", "release", OWN, "free"),
        ("confirmed", "release", OTHER, None),
    ],
)
def test_every_command_in_every_state(state: str, command: str, rescue_id: str, after: str | None) -> None:
    if after == REFUSED:
        with pytest.raises(RiderHasLiveRescue):
            COMMANDS[command](PROFILES[state], rescue_id)
    else:
        expected = PROFILES[after] if after else None
        assert COMMANDS[command](PROFILES[state], rescue_id) == expected
