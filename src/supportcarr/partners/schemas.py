"""Request and response bodies of partners."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.partners.model import ApiKey, Mode, Partner, Scope
from supportcarr.partners.service import CreatedKey


class NewPartner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=80,
            pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$",
            examples=["BIXI"],
        ),
    ]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``expires_at``: wall time; without it the key does not expire."""

    mode: Mode
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=5)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class RotateKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``overlap_seconds``: how long the old key still works."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=2_592_000)] = 86_400


class PartnerView(msgspec.Struct, frozen=True):
    id: str
    name: str
    created_at: datetime

    @classmethod
    def of(cls, partner: Partner) -> PartnerView:
        return cls(partner.id, partner.name, partner.created_at)


class KeyView(msgspec.Struct, frozen=True):
    """A key without its secret part; ``last_used_at`` is some minutes late at most."""

    id: str
    prefix: str
    mode: Mode
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    rotated_to: str | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyView:
        return cls(
            key.id,
            key.prefix,
            key.mode,
            key.scopes,
            key.created_at,
            key.expires_at,
            key.revoked_at,
            key.rotated_to,
            key.last_used_at,
        )


class CreatedKeyView(msgspec.Struct, frozen=True):
    """``key`` is shown in this response only; a repeated request gets ``null``."""

    details: KeyView
    key: str | None

    @classmethod
    def of(cls, created: CreatedKey) -> CreatedKeyView:
        return cls(KeyView.of(created.document), created.key)


class PartnerMe(msgspec.Struct, frozen=True):
    """Whose key was sent, and what it may do."""

    partner: PartnerView
    key: KeyView
