"""The errors of pricing."""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError, Conflict, FieldError


class QuoteExpired(Conflict):
    code, title = "quote_expired", "This quote has expired; ask for a new one"


class QuoteUsed(Conflict):
    code, title = "quote_used", "This quote was used for another rescue"


class QuoteNotGenuine(Conflict):
    code, title = "quote_not_genuine", "This quote was changed after it was signed; ask for a new one"


class OutsideArea(ApiError):
    status, code, title = 422, "outside_area", "This location is outside the service area"

    @classmethod
    def at(cls, *fields: str) -> OutsideArea:
        """The error that names each place outside the area."""
        return cls(
            f"Outside the service area: {' and '.join(fields)}.",
            errors=tuple(
                FieldError(f, "outside_area", f"The {f} is outside the service area") for f in fields
            ),
        )


class UnsafeBattery(ApiError):
    status, code = 422, "unsafe_battery"
    title = (
        "A smoking or swollen battery cannot be transported. "
        "Move away from it, keep others away, and call the fire service (911)."
    )
