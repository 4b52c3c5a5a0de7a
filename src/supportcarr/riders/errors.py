"""The errors of riders."""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict


class RiderHasLiveRescue(Conflict):
    code, title = "rider_has_live_rescue", "You already have a live rescue; only one is possible at a time"
