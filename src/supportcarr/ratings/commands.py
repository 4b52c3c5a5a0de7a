"""What can be asked of ratings, and the reasons that each side chooses from."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Side = Literal["rider", "driver"]  # of a rescue
Decision = Literal["keep", "hide"]

RiderReason = Literal[  # of the rider, about the driver
    "on_time",
    "friendly",
    "careful",
    "good_communication",
    "clean_vehicle",
    "late",
    "unfriendly",
    "careless",
    "unsafe_driving",
    "asked_for_more_money",
    "dirty_vehicle",
    "other",
]
DriverReason = Literal[  # of the driver, about the rider
    "ready",
    "friendly",
    "easy_to_find",
    "as_described",
    "kept_waiting",
    "unfriendly",
    "hard_to_find",
    "not_as_described",
    "unsafe",
    "other",
]
REASONS: dict[Side, tuple[str, ...]] = {"rider": get_args(RiderReason), "driver": get_args(DriverReason)}


class Rate(msgspec.Struct, frozen=True):
    """Rate the other side of a rescue."""

    stars: int  # 1 to 5
    reasons: tuple[str, ...] = ()
    comment: str | None = None


class Report(msgspec.Struct, frozen=True):
    """Say that a rating about oneself is abusive."""

    reason: str


class Review(msgspec.Struct, frozen=True):
    """Decide on a low or reported rating: keep it, or take it out of sight and out of the average."""

    decision: Decision
    note: str | None = None
