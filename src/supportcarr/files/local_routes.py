"""The routes of the local object store: uploads by form, and downloads by link.

They are used where no S3 is set.  The signed form or link is all that they ask for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import BodyStream, NoQuery, RequestContext, Response, Route
from supportcarr.files.model import IMAGES, PDF
from supportcarr.files.schemas import LinkQuery
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.kit.objects.port import FileTooLarge, UploadRefused, disposition

FORM = "multipart/form-data"
FIELDS_MAX = 16  # before the file
FIELD_BYTES = 4096  # of one field
FORM_BYTES = 65_536  # of a form beside its file
UPLOAD_SECONDS = 300.0  # that a whole upload may take


def routes(objects: LocalObjects, *, max_bytes: int) -> list[Route]:
    """The upload and the download; files have at most *max_bytes* bytes."""

    async def upload(request: RequestContext[BodyStream, NoQuery]) -> Response:
        form = _Form(request.body)
        policy = objects.policy_of(await form.fields())
        if request.body.length is not None and request.body.length > policy.max_bytes + FORM_BYTES:
            raise FileTooLarge(f"The file has more than {policy.max_bytes} bytes")
        await objects.receive(policy, form.file())
        return Response(status=204)

    async def download(request: RequestContext[None, LinkQuery]) -> Response:
        policy, data = await objects.read_link(request.query.link)
        if data is None:
            raise NotFound
        return Response(
            data,
            headers=(
                ("Content-Type", policy.content_type),
                ("Content-Disposition", disposition(policy.content_type, policy.file_name)),
                ("Cache-Control", "private, max-age=300"),
                ("Content-Security-Policy", "default-src 'none'; sandbox"),
                ("Referrer-Policy", "no-referrer"),
            ),
        )

    return [
        Route(
            method="POST",
            path="/uploads",
            handler=upload,
            summary="Upload a file with the form of an upload (without S3)",
            policy=ANYONE,
            tag="files",
            body=BodyStream,
            status=204,
            codes=("upload_refused", "file_too_large"),
            media_types=(FORM,),
            max_body_bytes=max_bytes + FORM_BYTES,
            extra_seconds=UPLOAD_SECONDS,
        ),
        Route(
            method="GET",
            path="/files",
            handler=download,
            summary="Download a file by a link that another route returned (without S3)",
            policy=ANYONE,
            tag="files",
            query=LinkQuery,
            response=bytes,
            codes=("upload_refused", "not_found"),
            media_types=(*IMAGES, PDF),
        ),
    ]


class _Form:
    """A form that is read as it arrives: its fields, then its file.

    Raises ``ValidationFailed`` for a body that is no such form.
    """

    def __init__(self, body: BodyStream) -> None:
        _, options = parse_options_header(body.content_type)
        if not 1 <= len(options.get("boundary", "")) <= 70:
            raise ValidationFailed("The Content-Type multipart/form-data needs the boundary of the form")
        self._events = self._read(body, options["boundary"])

    async def fields(self) -> dict[str, str]:
        """The fields before the file."""
        found: dict[str, str] = {}
        name: str | None = None
        value = bytearray()
        async for event in self._events:
            if isinstance(event, MultipartSegment):
                if event.name == "file":
                    return found
                if event.name in found or len(found) >= FIELDS_MAX:
                    raise ValidationFailed.of(event.name, "repeated", "The form has too many fields")
                name, value = event.name, bytearray()
            elif event is not None:
                value += event
                if len(value) > FIELD_BYTES:
                    raise ValidationFailed.of(name or "", "length", "The field is too long")
            elif name is not None:
                found[name] = value.decode("utf-8", "replace")
                name = None
        raise ValidationFailed.of("file", "required", "The form has no field file")

    async def file(self) -> AsyncIterator[bytes]:
        """The content of the file.  Nothing may follow it."""
        ended = False
        async for event in self._events:
            if event is None:
                ended = True
            elif ended:
                raise ValidationFailed.of("file", "last", "The file must be the last field of the form")
            elif isinstance(event, MultipartSegment):
                raise UploadRefused
            else:
                yield bytes(event)
        if not ended:
            raise ValidationFailed.of("file", "incomplete", "The form ends within the file")

    @staticmethod
    async def _read(body: BodyStream, boundary: str) -> AsyncIterator[MultipartSegment | bytearray | None]:
        """What the parser finds: a segment's head, its pieces, and ``None`` at its end."""
        try:
            parser = PushMultipartParser(
                boundary, max_header_count=8, max_segment_count=FIELDS_MAX + 2, strict=True
            )
            async for piece in body:
                for event in parser.parse(piece):
                    yield event
            parser.close()
        except MultipartError as error:
            raise ValidationFailed(f"The form cannot be read: {error.args[0]}") from None
