"""The commands to a rescue.  ``action`` names the command in error messages."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import DriverSighting

Outcome = Literal["delivered", "fixed_on_spot"]


class RequestRescue(msgspec.Struct, frozen=True, kw_only=True):
    """A rider accepts a quote."""

    quote_id: str
    payment_method_id: str
    note: str | None = None


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the commands to a rescue that exists.

    ``codes`` are the reasons that a published event may name.  The list is closed because events are
    kept for ever and read by many consumers: a person's own words in ``reason`` may contain a name or
    a place, so they stay in the rescue, and the event says ``other``.
    """

    action: ClassVar[str]
    codes: ClassVar[frozenset[str]] = frozenset()


class Wake(Command, frozen=True, kw_only=True):
    """The time of a booking has come; ``rider_is_free``: the rider has no other live rescue."""

    action = "the start of a booking"
    rider_is_free: bool


class BeginMatching(Command, frozen=True, kw_only=True):
    """The hold on the card has succeeded."""

    action = "matching"


class Reject(Command, frozen=True, kw_only=True):
    """The rescue cannot take place: ``card_declined``, ``payment_timeout``, ``outside_area`` …"""

    action = "a rejection"
    reason: str


class LeaveUnserved(Command, frozen=True, kw_only=True):
    """No driver accepted in time."""

    action = "the end as unserved"


class Assign(Command, frozen=True, kw_only=True):
    """A driver has accepted the offer; without an offer, an operator chose the driver."""

    action = "an assignment"
    driver_id: str
    vehicle_id: str | None = None
    offer_id: str | None = None
    eta_seconds: int | None = None
    queued_behind: str | None = None


class Exchange(Assign, frozen=True, kw_only=True):
    """A better driver has accepted and replaces the one assigned."""

    action = "an exchange of drivers"


class DriverStep(Command, frozen=True, kw_only=True):
    """A step of the driver's; ``happened_at``: when (city time), if it is reported later than that."""

    happened_at: datetime | None = None


class Depart(DriverStep, frozen=True, kw_only=True):
    action = "a departure"


class Arrive(DriverStep, frozen=True, kw_only=True):
    """The driver is at the pickup; ``seen``: where their phone says they are (or were then), if it does."""

    action = "an arrival"
    seen: DriverSighting | None = None


class Start(DriverStep, frozen=True, kw_only=True):
    """The driver enters the rider's PIN; the bike is loaded."""

    action = "the start"
    pin: str


class Complete(DriverStep, frozen=True, kw_only=True):
    """Delivered, or fixed on the spot for the lower price that was agreed (``price_minor``).

    ``pin``: the rider's consent to that; without it the rider confirms the price themselves.
    """

    action = "a completion"
    outcome: Outcome
    price_minor: int | None = None
    pin: str | None = None
    seen: DriverSighting | None = None


class ConfirmFix(Command, frozen=True, kw_only=True):
    """The rider agrees that the bike is fixed on the spot, and to pay at most that price."""

    action = "a confirmation of a repair"
    price_minor: int


class MarkNoShow(DriverStep, frozen=True, kw_only=True):
    """The rider has not come to the pickup within the waiting time.

    ``waited``: where the driver was meanwhile; it counts if this or the arrival is reported later.
    """

    action = "a no-show"
    seen: DriverSighting | None = None
    waited: tuple[GeoPoint, ...] = ()


class Abort(Command, frozen=True, kw_only=True):
    """Unsafe, or not as described; only an operator sets an amount to pay."""

    action = "an abort"
    codes = frozenset(("unsafe", "not_as_described", "rider_refused", "breakdown", "other"))
    reason: str
    amount_minor: int | None = None


class Release(Command, frozen=True, kw_only=True):
    """The driver gives the job up, or an operator takes it away."""

    action = "a release"
    codes = frozenset(("breakdown", "too_far", "traffic", "emergency", "does_not_fit", "other"))
    reason: str


class Cancel(Command, frozen=True, kw_only=True):
    action = "a cancellation"
    codes = frozenset(
        (
            "changed_my_mind",
            "fixed_it",
            "found_help",
            "waits_too_long",
            "wrong_place",
            "rider_called",
            "other",
        )
    )
    reason: str


class RenewPin(Command, frozen=True, kw_only=True):
    """A new start PIN, which also unlocks; chosen by the service."""

    action = "a new PIN"
    pin: str
