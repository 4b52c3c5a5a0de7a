"""The errors of riders."""

from __future__ import annotations

from supportcarr.contracts.errors import Conflict


class RiderHasLiveRescue(Conflict):
    code, title = "rider_has_live_rescue", "You already have a live rescue; only one is possible at a time"


class TooManyPlaces(Conflict):
    code, title = "too_many_places", "You have as many saved places as are possible; remove one first"


class TooManyBikes(Conflict):
    code, title = "too_many_bikes", "You have as many bikes as are possible; remove one first"
