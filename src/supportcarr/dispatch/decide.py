"""What a command does to an offer.  Pure: no clock, no ids, no I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.events import OfferClosed
from supportcarr.dispatch.errors import OfferNotOpen
from supportcarr.dispatch.model import Offer
from supportcarr.dispatch.state_machine import DRIVER_COMMANDS, OFFER_TABLE, SETTLED, OfferCommand, OfferStep


def decide(offer: Offer, command: OfferCommand, now: datetime) -> OfferStep | None:
    """The step that the command takes at *now* (city time); ``None``: there is nothing to do.

    Raises ``OfferNotOpen`` if the driver's answer comes too late.
    """
    step = OFFER_TABLE[offer.phase].get(command)
    if command in DRIVER_COMMANDS:
        if already_done(offer, command):
            return None
        if step is None or not offer.is_open(now):
            raise OfferNotOpen
    return step


def already_done(offer: Offer, command: OfferCommand) -> bool:
    """True if the driver has given the same answer before."""
    return offer.state == OFFER_TABLE["open"][command].state


def evolve(offer: Offer, step: OfferStep, due_at: datetime) -> Offer:
    """The offer after that step; *due_at* is when any process finishes its saga if it is not complete."""
    settled = step.to in SETTLED
    return replace(
        offer, state=step.state or offer.state, settled=settled, due_at=None if settled else due_at
    )


def change_offer(
    offer: Offer, command: OfferCommand, *, by: Actor = SYSTEM, now: datetime, grace: timedelta
) -> tuple[Offer, PendingEvents | None] | None:
    """The changed offer and the events to publish; ``None``: nothing changes.

    Raises ``OfferNotOpen``.
    """
    step = decide(offer, command, now)
    if step is None:
        return None
    changed = evolve(offer, step, due_at=now + grace)
    if not step.publishes:
        return changed, None
    closed = OfferClosed(
        offer_id=offer.id,
        rescue_id=offer.rescue_id,
        driver_id=offer.driver_id,
        area_id=offer.area_id,
        outcome=changed.state,
    )
    return changed, PendingEvents((closed,), by, now)
