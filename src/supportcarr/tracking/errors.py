"""The errors of tracking: positions that are rejected (all 422).

ApiError
└── PositionRejected
    ├── PositionStale         older than positions may be to count as live
    ├── PositionOutOfOrder    not newer than the last one, or from the future
    ├── PositionInaccurate    the phone reports a too large error
    └── PositionImpossible    would require an impossible speed
"""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError


class PositionRejected(ApiError):
    status = 422


class PositionStale(PositionRejected):
    code, title = "position_stale", "The position is too old"


class PositionOutOfOrder(PositionRejected):
    code, title = "position_out_of_order", "A newer position is known, or this one is from the future"


class PositionInaccurate(PositionRejected):
    code, title = "position_inaccurate", "The position is too inaccurate"


class PositionImpossible(PositionRejected):
    code = "position_impossible"
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
