"""Bodies and responses of the routes of drivers' documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.drivers.driver_documents.model import DriverDocument
from supportcarr.drivers.model import DocumentKind, DocumentState
from supportcarr.drivers.ports import DocumentLinks

FileId = Annotated[str, Meta(min_length=1, max_length=64)]


class DocumentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file_ids: Annotated[
        tuple[FileId, ...],
        Meta(
            min_length=1,
            max_length=4,
            description="ids of uploads with the purpose driver_document; of photos, with the purpose that "
            "is called like the kind",
        ),
    ]
    expires_on: Annotated[
        date | None, Meta(description="the last day; required of licence, insurance and registration")
    ] = None
    number: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40)] | None, Meta(description="as on the document")
    ] = None
    vehicle_id: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="of registration and vehicle_photo; null: the driver's only vehicle"),
    ] = None


class DocumentReviewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    decision: Literal["approve", "reject"]
    reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")] | None,
        Meta(description="the driver reads it; required to reject"),
    ] = None


class DocumentFileOut(msgspec.Struct, frozen=True):
    """A file of a document; the links are valid for minutes, and null while there is nothing to see."""

    id: str
    state: Annotated[str, Meta(description="processing, ready, or refused")]
    content_type: Annotated[str, Meta(description="of what url shows")]
    url: str | None
    preview_url: Annotated[str | None, Meta(description="at most 1,280 pixels a side; none of a PDF")]
    thumbnail_url: Annotated[str | None, Meta(description="at most 320 pixels a side; none of a PDF")]


class DocumentOut(msgspec.Struct, frozen=True):
    """A document that a driver uploaded, as the driver and operators see it."""

    id: str
    kind: DocumentKind
    state: Annotated[DocumentState, Meta(description="replaced ones are not listed")]
    vehicle_id: str | None
    number: str | None
    expires_on: Annotated[date | None, Meta(description="its last day")]
    reason: Annotated[str | None, Meta(description="the operator's, of the last decision")]
    uploaded_at: Annotated[datetime, Meta(description="city time")]
    reviewed_at: Annotated[datetime | None, Meta(description="city time")]
    files: list[DocumentFileOut]
    version: Annotated[int, Meta(description="for the header If-Match of an operator's decision, in quotes")]

    @classmethod
    def of(cls, document: DriverDocument, links: Mapping[str, DocumentLinks]) -> DocumentOut:
        return cls(
            document.id,
            document.kind,
            document.state,
            document.vehicle_id,
            document.number,
            document.expires_on,
            document.reason,
            document.uploaded_at,
            document.reviewed_at,
            [_file(file_id, links[file_id]) for file_id in document.file_ids if file_id in links],
            document.version,
        )


def _file(file_id: str, links: DocumentLinks) -> DocumentFileOut:
    return DocumentFileOut(
        file_id, links.state, links.content_type, links.url, links.preview_url, links.thumbnail_url
    )
