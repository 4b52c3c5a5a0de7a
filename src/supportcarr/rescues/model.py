"""The rescue as it is stored, and its limits.  ``state_machine.py`` has its states."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import COARSE_PLACE
from supportcarr.contracts.money import Charge
from supportcarr.contracts.personal import Personal, PersonalItems
from supportcarr.contracts.rescues import LIVE, Doubt, Status
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.rescues.commands import Outcome
from supportcarr.rescues.settings import RescueSettings

TIMELINE_LIMIT = 200  # entries; beyond that, the oldest after the first few are dropped
TIMELINE_HEAD = 3  # first entries that are kept
OFFERS_LIMIT = 50  # offers whose acceptance is remembered


class RescueRules(msgspec.Struct, frozen=True, kw_only=True):
    """Time limits in city seconds, distances in metres, and how often the PIN may be tried."""

    hold_seconds: float = 300
    matching_seconds: float = 480
    free_cancellation_seconds: float = 120
    no_show_seconds: float = 600
    arrival_radius_m: float = 300
    delivery_radius_m: float = 1000
    pin_tries: int = 5
    late_step_seconds: float = 86_400

    @classmethod
    def from_settings(cls, settings: RescueSettings) -> RescueRules:
        """The rules that the settings declare."""
        return msgspec.convert(settings, cls, from_attributes=True)


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of status: when (city time), by whom, and the version that it led to.

    ``received_at``: when we heard of it, of a step that was reported later than it happened.
    """

    at: datetime
    from_: Status | None = msgspec.field(name="from")
    to: Status
    actor: Actor
    version: int
    reason: str | None = None  # a code, or the actor's own words
    received_at: datetime | None = None
    unverified: Doubt | None = None  # of a step at a place: why it is not known that the driver was there


class PaymentSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rescue's payment as of the latest event of the payments part."""

    status: str = "pending"
    captured_minor: int = 0
    refunded_minor: int = 0
    source: tuple[str, int, int] = ("", 0, 0)  # the event's document, version and place in its save


class Rescue(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A rescue.  Times are city time; ``due_at`` is when its state ends without a command."""

    region: str  # also in the id: the shard
    area_id: str
    status: Status
    rider_id: str
    quote: Annotated[QuoteTerms, Personal("rider_id", inside=("pickup", "dropoff"), clear=COARSE_PLACE)]
    payment_method_id: str
    pin: Annotated[str, Personal("rider_id", neutral="")]  # four digits, shown to the rider only
    created_at: datetime
    timeline: Annotated[tuple[TimelineEntry, ...], PersonalItems("reason", "actor.id", key="version")] = ()
    note: Annotated[str | None, Personal("rider_id")] = None
    due_at: datetime | None = None
    scheduled_for: datetime | None = None
    driver_id: str | None = None  # of the job; after the end: who had it
    vehicle_id: str | None = None  # of that driver at the assignment; absent in rescues of before
    eta_seconds: int | None = None  # to the pickup, as of the latest change that knew it
    queued_behind: str | None = None  # the rescue that the driver finishes first
    offers: tuple[str, ...] = ()  # offers that led to a driver, the latest last
    matching_entry: int = 0  # how often it has entered matching
    accepted_at: datetime | None = None  # first acceptance of this matching
    exchanged: bool = False  # in this matching
    arrived_at: datetime | None = None
    pin_tries: int = 0
    pin_locked: bool = False
    fix_price_minor: int | None = None  # for which the driver says the bike is fixed on the spot
    fix_confirmed_minor: int | None = None  # up to which the rider agrees to that
    outcome: Outcome | None = None
    owed: Charge | None = None
    ended_at: datetime | None = None
    payment: PaymentSnapshot = PaymentSnapshot()

    @property
    def reason(self) -> str | None:
        """The reason of the latest change of status: a code, or the actor's own words."""
        return self.timeline[-1].reason if self.timeline else None

    @property
    def is_live(self) -> bool:
        """Neither a booking nor final; a rider has at most one such rescue."""
        return self.status in LIVE

    @property
    def current_driver(self) -> str | None:
        """The driver on the job; ``None`` before and after it."""
        return self.driver_id if self.is_live else None


class Message(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A chat message of a rescue."""

    rescue_id: str
    sender: Actor
    text: Annotated[str, Personal("sender.id")]
    at: datetime  # city time
