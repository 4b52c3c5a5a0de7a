"""Bodies and responses of the routes of a rescue's photos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.uploads import UploadFormView
from supportcarr.kit.objects.port import UploadForm
from supportcarr.rescues.photo_model import Photo, Stage
from supportcarr.rescues.ports import FileLinks
from supportcarr.rescues.schemas import HappenedAt


class PhotoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A photo that will be uploaded; ``damage``: it shows damage, which ``note`` may describe."""

    stage: Stage
    content_type: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            description="image/jpeg, image/png, image/webp, image/heic or image/heif",
        ),
    ]
    size: Annotated[int, Meta(ge=1, description="bytes; the upload may not have more")]
    damage: bool = False
    happened_at: HappenedAt = None
    note: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")] | None = None


class PhotoView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A photo of the job.  Links are valid for minutes; there are none until it has been processed."""

    id: str
    rescue_id: str
    stage: Stage
    by: Actor
    damage: bool
    at: Annotated[datetime, Meta(description="city time")]
    note: str | None = None
    state: Annotated[str, Meta(description="awaiting_upload, processing, ready, or refused")]
    url: str | None = None
    preview_url: Annotated[str | None, Meta(description="at most 1,280 pixels a side")] = None
    thumbnail_url: Annotated[str | None, Meta(description="at most 320 pixels a side")] = None
    upload: Annotated[UploadFormView | None, Meta(description="while the upload is awaited")] = None

    @classmethod
    def of(cls, photo: Photo, links: FileLinks) -> PhotoView:
        return cls(
            id=photo.id,
            rescue_id=photo.rescue_id,
            stage=photo.stage,
            by=photo.by,
            damage=photo.damage,
            at=photo.at,
            note=photo.note,
            state=links.state,
            url=links.url,
            preview_url=links.preview_url,
            thumbnail_url=links.thumbnail_url,
        )

    @classmethod
    def awaited(cls, photo: Photo, form: UploadForm | None) -> PhotoView:
        return cls(
            id=photo.id,
            rescue_id=photo.rescue_id,
            stage=photo.stage,
            by=photo.by,
            damage=photo.damage,
            at=photo.at,
            note=photo.note,
            state="awaiting_upload" if form else "processing",
            upload=form.view() if form else None,
        )


class PhotosView(msgspec.Struct, frozen=True):
    """The photos of a rescue, the oldest first; there are few, so they are not paged."""

    items: Sequence[PhotoView]
