"""A link by which somebody without an account follows a rescue, and when it ends.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from supportcarr.contracts.documents import Document
from supportcarr.rescues.errors import ShareLinksClosed, TooManyShareLinks
from supportcarr.rescues.model import Rescue

SHARE_LINKS_MAX = 10  # of one rescue
WITH_TRUCK = ("assigned", "en_route", "arrived", "in_transit")


class ShareLink(Document, frozen=True, kw_only=True):
    """A link that the rider gave away.  Times are city time."""

    rescue_id: str
    rider_id: str
    seed: str  # random: the token is a keyed hash of it, so that a repeated request gets the same one
    token_hash: str  # unique
    created_at: datetime
    expires_at: datetime  # at the latest: the end of the rescue may bring it forward


def ends_at(link: ShareLink, rescue: Rescue, after_end: timedelta) -> datetime:
    """When the link ends: a while after the rescue, at the latest at its own time."""
    if rescue.ended_at is None:
        return link.expires_at
    return min(link.expires_at, rescue.ended_at + after_end)


def check_may_share(rescue: Rescue, now: datetime, after_end: timedelta) -> None:
    """Check that the rescue is not over for so long that a link would have ended.

    Raises ``ShareLinksClosed``.
    """
    if rescue.ended_at is not None and now >= rescue.ended_at + after_end:
        raise ShareLinksClosed


def check_count(others: int) -> None:
    """Check that there may be one more.  Raises ``TooManyShareLinks``."""
    if others >= SHARE_LINKS_MAX:
        raise TooManyShareLinks(f"A rescue has at most {SHARE_LINKS_MAX} links; end one first")


def shows_position(rescue: Rescue) -> bool:
    """Whether the driver is on this job now.

    Before they have finished another rescue, their position would tell where that one's rider is.
    """
    return rescue.status in WITH_TRUCK and rescue.queued_behind is None
