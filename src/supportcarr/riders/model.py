"""A rider's profile, and the claim that keeps it to one live rescue."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.riders.errors import RiderHasLiveRescue


class LiveRescue(msgspec.Struct, frozen=True):
    """Which rescue has the rider; not ``confirmed``: it may not exist yet."""

    rescue_id: str
    confirmed: bool = False


class RiderProfile(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What belongs to a rider; the id is the user's.

    ``claim_until`` (wall time) is there while a claim is not confirmed: past it the claim is looked
    into, and released unless its rescue is live.
    """

    live_rescue: LiveRescue | None = None
    claim_until: datetime | None = None


def holds_claim(profile: RiderProfile, rescue_id: str) -> bool:
    return profile.live_rescue is not None and profile.live_rescue.rescue_id == rescue_id


def claim(profile: RiderProfile, rescue_id: str, until: datetime) -> RiderProfile | None:
    """The profile with the claim; ``None``: that rescue has it already.

    Raises ``RiderHasLiveRescue`` if another one has it, even past its time: whether that one lives
    is not known here.
    """
    if holds_claim(profile, rescue_id):
        return None
    if profile.live_rescue is not None:
        raise RiderHasLiveRescue
    return msgspec.structs.replace(profile, live_rescue=LiveRescue(rescue_id), claim_until=until)


def confirm(profile: RiderProfile, rescue_id: str) -> RiderProfile | None:
    """The profile with the claim confirmed; ``None``: it is, or it is not that rescue's."""
    if not holds_claim(profile, rescue_id) or profile.claim_until is None:
        return None
    return msgspec.structs.replace(
        profile, live_rescue=LiveRescue(rescue_id, confirmed=True), claim_until=None
    )


def release(profile: RiderProfile, rescue_id: str) -> RiderProfile | None:
    """The profile without the claim; ``None``: that rescue has no claim on it."""
    if not holds_claim(profile, rescue_id):
        return None
    return msgspec.structs.replace(profile, live_rescue=None, claim_until=None)
