"""The errors of riders."""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict


class RiderHasLiveRescue(Conflict):
    code, title = "rider_has_live_rescue", "You are being rescued already; one at a time"
