"""Request and response bodies of the rescues' routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.geo import Place
from supportcarr.contracts.rescues import Doubt, Status
from supportcarr.contracts.routing import Cursor
from supportcarr.contracts.value_objects import BikeLoad, DriverCard, Person, PriceItem, VehicleCard
from supportcarr.rescues.commands import Outcome
from supportcarr.rescues.model import Message, Rescue, TimelineEntry

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Reason = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"\S", description="a code, or a person's own words")
]
Minor = Annotated[int, Meta(ge=0, le=100_000_000, description="minor units")]
Pin = Annotated[
    str,
    # with the length, because $ alone would accept a trailing newline
    Meta(min_length=4, max_length=4, pattern=r"^[0-9]{4}$", description="four digits"),
]


HappenedAt = (
    Annotated[
        datetime,
        Meta(
            tz=True,
            description="city time at which it happened, if it is reported later; "
            "not before the step before it",
        ),
    ]
    | None
)


# --- requests ------------------------------------------------------------------------------


class RequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    quote_id: Id
    payment_method_id: Id
    note: Annotated[str, Meta(max_length=500, description="for the driver's eyes")] | None = None


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class AdminAbortBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason
    amount_minor: Minor = 0


class StepBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a departure, an arrival or a no-show that is reported later than it happened."""

    happened_at: HappenedAt = None


class StartBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pin: Pin
    happened_at: HappenedAt = None


class CompletionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fixed on the spot: with the rider's ``pin``, or once the rider has confirmed that price."""

    outcome: Outcome
    price_minor: Minor | None = None
    pin: Pin | None = None
    happened_at: HappenedAt = None


class FixConfirmationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``price_minor``: the most that the rider agrees to pay."""

    price_minor: Minor


class MessageBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class RescuesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``role``: as rider or as driver, for an account with both roles; by default as rider."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None
    sort: Literal["created_at", "-created_at"] = "-created_at"
    status: Status | None = None
    live: bool = False
    role: Literal["rider", "driver"] | None = None
    since: Annotated[datetime, Meta(tz=True, description="created at that time or later")] | None = None
    until: Annotated[datetime, Meta(tz=True, description="created before that time")] | None = None


class MessagesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None
    sort: Literal["at", "-at"] = "at"


# --- responses --------------------------------------------------------------------------


class QuoteView(msgspec.Struct, frozen=True):
    id: str
    items: tuple[PriceItem, ...]
    total_minor: int
    currency: str


class DriverView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str
    rating: float | None
    photo_url: str | None = None
    vehicle: VehicleCard

    @classmethod
    def of(cls, card: DriverCard) -> DriverView:
        return cls(
            id=card.id,
            name=card.name,
            rating=card.rating,
            photo_url=card.photo_url,
            vehicle=card.vehicle,
        )


class PaymentView(msgspec.Struct, frozen=True):
    status: str
    captured_minor: int
    refunded_minor: int


class FixView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bike that is fixed on the spot: for how much, as the driver says, and the rider agrees."""

    price_minor: int | None = None
    confirmed_minor: int | None = None


class RescueView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``pin`` is there for the rider alone, until the rescue is over; ``price_minor``, what the rider
    owes, from then on."""

    id: str
    status: Status
    version: int
    kind: str
    problem: str | None
    bike: BikeLoad | None = None
    pickup: Place
    dropoff: Place
    quote: QuoteView
    price_minor: int | None = None
    area_id: str
    created_at: datetime
    scheduled_for: datetime | None = None
    reason: str | None = None
    note: str | None = None
    rider: Person
    driver: DriverView | None = None
    eta_seconds: int | None = None
    queued_behind: str | None = None
    pin: str | None = None
    fix: FixView | None = None
    payment: PaymentView

    @classmethod
    def of(cls, rescue: Rescue, rider: Person, driver: DriverCard | None, *, with_pin: bool) -> RescueView:
        quote = rescue.quote
        return cls(
            id=rescue.id,
            status=rescue.status,
            version=rescue.version,
            kind=quote.kind,
            problem=quote.problem,
            bike=quote.bike,
            pickup=quote.pickup,
            dropoff=quote.dropoff,
            quote=QuoteView(quote.id, quote.items, quote.total_minor, quote.currency),
            price_minor=rescue.owed.rider_minor if rescue.owed else None,
            area_id=rescue.area_id,
            created_at=rescue.created_at,
            scheduled_for=rescue.scheduled_for,
            reason=rescue.reason,
            note=rescue.note,
            rider=rider,
            driver=DriverView.of(driver) if driver else None,
            eta_seconds=rescue.eta_seconds,
            queued_behind=rescue.queued_behind,
            pin=rescue.pin if with_pin else None,
            fix=_fix(rescue),
            payment=PaymentView(
                rescue.payment.status, rescue.payment.captured_minor, rescue.payment.refunded_minor
            ),
        )


def _fix(rescue: Rescue) -> FixView | None:
    if rescue.fix_price_minor is None and rescue.fix_confirmed_minor is None:
        return None
    return FixView(price_minor=rescue.fix_price_minor, confirmed_minor=rescue.fix_confirmed_minor)


class ActorView(msgspec.Struct, frozen=True, omit_defaults=True):
    role: str
    id: str | None = None


class TimelineView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    at: datetime
    received_at: Annotated[
        datetime | None, Meta(description="when we heard of it, if that was later than it happened")
    ] = None
    from_: Status | None = msgspec.field(name="from")
    to: Status
    actor: ActorView
    reason: str | None = None
    unverified: Annotated[
        Doubt | None, Meta(description="why it is not known that the driver was there; for operators")
    ] = None
    version: int

    @classmethod
    def of(cls, entry: TimelineEntry, *, for_operator: bool) -> TimelineView:
        """Only operators see which operator it was."""
        shown = for_operator or not entry.actor.is_operator
        return cls(
            at=entry.at,
            received_at=entry.received_at,
            from_=entry.from_,
            to=entry.to,
            actor=ActorView(entry.actor.role, entry.actor.id if shown else None),
            reason=entry.reason,
            unverified=entry.unverified if for_operator else None,
            version=entry.version,
        )


class CancellationView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What cancelling would cost now; ``free_until`` (city time) if it is free for a while only."""

    fee_minor: int
    currency: str
    free_until: datetime | None = None


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    rescue_id: str
    sender: Actor
    text: str
    at: datetime

    @classmethod
    def of(cls, message: Message) -> MessageView:
        return cls(
            id=message.id,
            rescue_id=message.rescue_id,
            sender=message.sender,
            text=message.text,
            at=message.at,
        )
