"""The errors of tracking: positions that are rejected (all 422, with the fields that speak against them).

ApiError
└── PositionRejected
    ├── PositionStale         older than positions may be to count as live
    ├── PositionOutOfOrder    not newer than the last one, or from the future
    ├── PositionInaccurate    the phone reports a too large error
    └── PositionImpossible    would require an impossible speed
"""

from __future__ import annotations

from typing import ClassVar

from supportcarr.contracts.errors import ApiError, FieldError


class PositionRejected(ApiError):
    status = 422
    fields: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__(errors=tuple(FieldError(field, self.code, self.title) for field in self.fields))


class PositionStale(PositionRejected):
    code, title, fields = "position_stale", "The position is too old", ("at",)


class PositionOutOfOrder(PositionRejected):
    code, title = "position_out_of_order", "A newer position is known, or this one is from the future"
    fields = ("at",)


class PositionInaccurate(PositionRejected):
    code, title, fields = "position_inaccurate", "The position is too inaccurate", ("accuracy",)


class PositionImpossible(PositionRejected):
    code, fields = "position_impossible", ("lat", "lng")
    title = (
        "The speed from the last position would be impossible; "
        "if the next positions agree with this one for some seconds, they are accepted"
    )


ERRORS: dict[str, type[PositionRejected]] = {  # by verdict
    "stale": PositionStale,
    "out_of_order": PositionOutOfOrder,
    "inaccurate": PositionInaccurate,
    "impossible": PositionImpossible,
}
