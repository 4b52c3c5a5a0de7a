"""The statuses of a rescue, in the order of its life."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal[
    "scheduled",
    "requested",
    "matching",
    "assigned",
    "en_route",
    "arrived",
    "in_transit",
    "completed",
    "cancelled",
    "no_show",
    "unserved",
    "rejected",
    "aborted",
]

STATUSES: tuple[Status, ...] = get_args(Status)
FINAL: frozenset[Status] = frozenset(("completed", "cancelled", "no_show", "unserved", "rejected", "aborted"))
LIVE: tuple[Status, ...] = tuple(s for s in STATUSES if s not in FINAL and s != "scheduled")
# Why it is not known that the driver was where the step says; an operator may look into it.
Doubt = Literal["position_unknown", "position_jumped", "far_from_dropoff"]
WAITING: tuple[Status, ...] = ("requested", "matching")  # for a driver
