"""Bodies and responses of files' routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.uploads import UploadFormView
from supportcarr.files.model import FileLinks, FileState, Purpose, StoredFile
from supportcarr.kit.objects.port import UploadForm


class LinkQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed link to a file on this machine."""

    link: Annotated[str, Meta(min_length=1, max_length=2048)]


class UploadRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a person wants to upload."""

    purpose: Purpose
    content_type: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            description="image/jpeg, image/png, image/webp, image/heic, image/heif; of a driver's document "
            "also application/pdf",
        ),
    ]
    size: Annotated[int, Meta(ge=1, description="bytes; the upload may not have more")]


class FileView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of the caller; times are wall time, links are valid for minutes."""

    id: str
    state: FileState
    purpose: Purpose
    content_type: Annotated[str, Meta(description="of the links, once the file is ready")]
    size: Annotated[int, Meta(description="bytes, as uploaded")]
    created_at: datetime
    width: Annotated[int | None, Meta(description="pixels")] = None
    height: Annotated[int | None, Meta(description="pixels")] = None
    reason: Annotated[str | None, Meta(description="why it was refused: a code")] = None
    detail: Annotated[str | None, Meta(description="the same as a sentence")] = None
    url: str | None = None
    preview_url: Annotated[str | None, Meta(description="at most 1,280 pixels a side")] = None
    thumbnail_url: Annotated[str | None, Meta(description="at most 320 pixels a side")] = None
    upload: Annotated[UploadFormView | None, Meta(description="while the upload is awaited")] = None

    @classmethod
    def of(cls, file: StoredFile, links: FileLinks, form: UploadForm | None = None) -> FileView:
        return cls(
            id=file.id,
            state=file.state,
            purpose=file.purpose,
            content_type=links.content_type,
            size=file.size,
            created_at=file.created_at,
            width=file.width,
            height=file.height,
            reason=file.reason,
            detail=file.detail,
            url=links.url,
            preview_url=links.preview_url,
            thumbnail_url=links.thumbnail_url,
            upload=form.view() if form else None,
        )
