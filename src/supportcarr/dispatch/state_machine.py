"""The state machines of dispatch, one literal table each: an offer, and the claims on a driver.

Whatever changes an offer or a claim looks its command up here first, and the diagrams in the docs are
drawn from these tables.  A command that a state does not list has no effect in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

OfferState = Literal["open", "accepted", "declined", "expired", "withdrawn"]
OfferPhase = Literal["open", "accepting", "accepted", "closing", "closed"]
OfferCommand = Literal["accept", "decline", "expire", "withdraw", "confirm", "revoke", "settle"]
Closing = Literal["decline", "expire", "withdraw"]

ClaimState = Literal["none", "offer", "job", "confirmed_job", "offer_and_job", "offer_and_confirmed_job"]
ClaimCommand = Literal["claim_offer", "release_offer", "claim_job", "confirm_job", "release_job"]


class OfferStep(NamedTuple):
    """Where a command leads: the next phase, the stored state (``None``: it stays), and whether
    ``OfferClosed`` is published."""

    to: OfferPhase
    state: OfferState | None = None
    publishes: bool = False


# While an offer is ``accepting`` or ``closing``, the saga that its state has started is not complete.
OFFER_TABLE: Mapping[OfferPhase, Mapping[OfferCommand, OfferStep]] = {
    "open": {
        "accept": OfferStep("accepting", "accepted"),
        "decline": OfferStep("closing", "declined", publishes=True),
        "expire": OfferStep("closing", "expired", publishes=True),
        "withdraw": OfferStep("closing", "withdrawn", publishes=True),
    },
    "accepting": {
        "confirm": OfferStep("accepted", "accepted", publishes=True),  # the rescue is assigned
        "revoke": OfferStep("closing", "withdrawn", publishes=True),  # the rescue is not available
    },
    "accepted": {},
    "closing": {
        "settle": OfferStep("closed"),
    },
    "closed": {},
}
SETTLED: frozenset[OfferPhase] = frozenset({"accepted", "closed"})
DRIVER_COMMANDS: frozenset[OfferCommand] = frozenset({"accept", "decline"})

# A driver has at most one open offer and one current job.  The job may be that of another offer than
# the open one, which then stays: hence two ways for ``claim_job``.
CLAIM_TABLE: Mapping[ClaimState, Mapping[ClaimCommand, tuple[ClaimState, ...]]] = {
    "none": {
        "claim_offer": ("offer",),
        "claim_job": ("job",),
    },
    "offer": {
        "release_offer": ("none",),
        "claim_job": ("job", "offer_and_job"),
    },
    "job": {
        "confirm_job": ("confirmed_job",),
        "release_job": ("none",),
    },
    "confirmed_job": {
        "release_job": ("none",),
    },
    "offer_and_job": {
        "release_offer": ("job",),
        "confirm_job": ("offer_and_confirmed_job",),
        "release_job": ("offer",),
    },
    "offer_and_confirmed_job": {
        "release_offer": ("confirmed_job",),
        "release_job": ("offer",),
    },
}


def offer_phase(state: OfferState, *, settled: bool) -> OfferPhase:
    """The phase of an offer with that stored state."""
    match state:
        case "open":
            return "open"
        case "accepted":
            return "accepted" if settled else "accepting"
        case _:
            return "closed" if settled else "closing"


def offer_transitions() -> Iterator[tuple[OfferPhase, OfferPhase, OfferCommand]]:
    """Each way from one phase of an offer to another, with its command."""
    for phase, steps in OFFER_TABLE.items():
        for command, step in steps.items():
            yield phase, step.to, command


def claim_transitions() -> Iterator[tuple[ClaimState, ClaimState, ClaimCommand]]:
    """Each way from one state of a driver's claims to another, with its command."""
    for state, steps in CLAIM_TABLE.items():
        for command, ways in steps.items():
            for to in ways:
                yield state, to, command
