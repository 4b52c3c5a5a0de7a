"""The collections of rescues."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.rescues.model import Message, Rescue
from supportcarr.rescues.photo_model import Photo
from supportcarr.rescues.share_link_model import ShareLink

RESCUES = CollectionSpec(
    "rescuerequests",
    Rescue,
    indexes=(
        Index("rider_id", "created_at"),
        Index("driver_id", "created_at"),
        Index("status", "created_at"),
        Index("due_at"),
    ),
    sharded_by="region",
)
MESSAGES = CollectionSpec("messages", Message, indexes=(Index("rescue_id"), Index("at")))
PHOTOS = CollectionSpec("rescuephotos", Photo, indexes=(Index("rescue_id"), Index("at")))

SHARE_LINKS = CollectionSpec(
    "sharelinks",
    ShareLink,
    indexes=(Index("rescue_id"), Index("rider_id"), Index("expires_at")),
    unique=("token_hash",),
)

SPECS: tuple[CollectionSpec[Any], ...] = (RESCUES, MESSAGES, PHOTOS, SHARE_LINKS)
