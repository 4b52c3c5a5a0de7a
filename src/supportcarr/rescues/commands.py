"""What may be asked of a rescue.  ``does`` completes the sentence "a rescue can …"."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Outcome = Literal["delivered", "fixed_on_spot"]


class RequestRescue(msgspec.Struct, frozen=True, kw_only=True):
    """A rider takes a quote at its word."""

    quote_id: str
    payment_method_id: str
    note: str | None = None


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the commands to a rescue that exists.

    ``codes`` are the reasons that facts may name.  The list is closed, for what travels in facts is
    read by everybody's software and never forgotten: a person's own words (a name, a place) in
    ``reason`` stay with the rescue, and the fact says ``other``.
    """

    does: ClassVar[str]
    codes: ClassVar[frozenset[str]] = frozenset()


class Wake(Command, frozen=True, kw_only=True):
    """Its time has come; ``rider_is_free`` says that the rider has no other live rescue."""

    does = "be woken"
    rider_is_free: bool


class BeginMatching(Command, frozen=True, kw_only=True):
    """The card is held."""

    does = "begin matching"


class Reject(Command, frozen=True, kw_only=True):
    """It cannot be done: ``card_declined``, ``payment_timeout``, ``outside_area`` …"""

    does = "be rejected"
    reason: str


class LeaveUnserved(Command, frozen=True, kw_only=True):
    """Nobody took it in time."""

    does = "be left unserved"


class Assign(Command, frozen=True, kw_only=True):
    """A driver has accepted the offer (none: an operator decided)."""

    does = "be assigned"
    driver_id: str
    offer_id: str | None = None
    eta_seconds: int | None = None
    queued_behind: str | None = None


class Exchange(Assign, frozen=True, kw_only=True):
    """A better driver has accepted in place of the one assigned."""

    does = "change drivers"


class Depart(Command, frozen=True, kw_only=True):
    does = "be departed for"


class Arrive(Command, frozen=True, kw_only=True):
    does = "be arrived at"


class Start(Command, frozen=True, kw_only=True):
    """The rider has told the driver the PIN, and the bike is loaded."""

    does = "be started"
    pin: str


class Complete(Command, frozen=True, kw_only=True):
    """``price_minor``: the lower price agreed when the bike was fixed on the spot."""

    does = "be completed"
    outcome: Outcome
    price_minor: int | None = None


class MarkNoShow(Command, frozen=True, kw_only=True):
    """The rider is not there after the wait."""

    does = "be marked as a no-show"


class Abort(Command, frozen=True, kw_only=True):
    """Unsafe, or not as described; only an operator sets an amount to pay."""

    does = "be aborted"
    codes = frozenset(("unsafe", "not_as_described", "rider_refused", "breakdown", "other"))
    reason: str
    amount_minor: int | None = None


class Release(Command, frozen=True, kw_only=True):
    """The driver gives the job up, or is taken off it."""

    does = "be released"
    codes = frozenset(("breakdown", "too_far", "traffic", "emergency", "does_not_fit", "other"))
    reason: str


class Cancel(Command, frozen=True, kw_only=True):
    does = "be cancelled"
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
    """A new start PIN, which unlocks it; minted by who carries the command out."""

    does = "have its PIN renewed"
    pin: str
