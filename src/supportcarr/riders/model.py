"""A rider's profile, and the claim that limits a rider to one live rescue."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.riders.errors import RiderHasLiveRescue


class LiveRescue(msgspec.Struct, frozen=True):
    """The rescue that has the rider; until it is ``confirmed``, it may not exist yet."""

    rescue_id: str
    confirmed: bool = False


class RiderProfile(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A rider; the id is the user's.

    ``claim_until`` (wall time) is the deadline of an unconfirmed claim: past it the claim is reviewed,
    and released unless its rescue is live.
    """

    live_rescue: LiveRescue | None = None
    claim_until: datetime | None = None


def holds_claim(profile: RiderProfile, rescue_id: str) -> bool:
    """True if that rescue has the rider."""
    return profile.live_rescue is not None and profile.live_rescue.rescue_id == rescue_id


def claim(profile: RiderProfile, rescue_id: str, until: datetime) -> RiderProfile | None:
    """The profile with the claim; ``None`` if that rescue has it already.

    Raises ``RiderHasLiveRescue`` if another rescue has it, even past its deadline: only the reconciler
    finds out whether that rescue is live.
    """
    if holds_claim(profile, rescue_id):
        return None
    if profile.live_rescue is not None:
        raise RiderHasLiveRescue
    return msgspec.structs.replace(profile, live_rescue=LiveRescue(rescue_id), claim_until=until)


def confirm(profile: RiderProfile, rescue_id: str) -> RiderProfile | None:
    """The profile with the claim confirmed; ``None`` if it is, or is not that rescue's."""
    if not holds_claim(profile, rescue_id) or profile.claim_until is None:
        return None
    return msgspec.structs.replace(
        profile, live_rescue=LiveRescue(rescue_id, confirmed=True), claim_until=None
    )


def release(profile: RiderProfile, rescue_id: str) -> RiderProfile | None:
    """The profile without the claim; ``None`` if that rescue has no claim."""
    if not holds_claim(profile, rescue_id):
        return None
    return msgspec.structs.replace(profile, live_rescue=None, claim_until=None)
