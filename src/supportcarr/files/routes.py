"""The HTTP routes of files."""

from __future__ import annotations

from supportcarr.contracts.actors import Actor, Role
from supportcarr.contracts.ids import FILE
from supportcarr.contracts.policies import SIGNED_IN
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.files.schemas import FileView, UploadRequest
from supportcarr.files.service import FileService

ROLES: tuple[Role, ...] = ("rider", "driver", "support", "admin")
PEOPLE = SIGNED_IN.when_verified()


def routes(files: FileService) -> list[Route]:
    """Uploads of the caller."""

    async def create(request: RequestContext[UploadRequest, NoQuery]) -> Response:
        body = request.body
        file = await files.request(
            request.caller.user_id, body.purpose, body.content_type, body.size, request.new_id
        )
        return Response(FileView.of(file, files.links_of(file), files.form(file)), status=201)

    async def complete(request: RequestContext[None, NoQuery]) -> Response:
        person = request.caller
        role: Role = next((role for role in ROLES if role in person.roles), "rider")
        actor = Actor(role, person.user_id)
        file = await files.complete(person.user_id, request.path_params["file_id"], actor)
        return Response(FileView.of(file, files.links_of(file)))

    async def get(request: RequestContext[None, NoQuery]) -> Response:
        file = await files.of_owner(request.caller.user_id, request.path_params["file_id"])
        return Response(FileView.of(file, files.links_of(file), files.form(file)))

    one = "/me/uploads/{file_id}"
    return [
        Route(
            method="POST",
            path="/me/uploads",
            handler=create,
            summary="Begin the upload of a photo or document",
            policy=PEOPLE,
            tag="files",
            body=UploadRequest,
            response=FileView,
            status=201,
            codes=("unsupported_file_type", "file_too_large", "too_many_uploads"),
            idempotent=True,
            key_optional=True,
            new_id=FILE,
        ),
        Route(
            method="GET",
            path=one,
            handler=get,
            summary="Get the state of an upload, and links to the file",
            policy=PEOPLE.of("caller"),
            tag="files",
            response=FileView,
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path=f"{one}/completion",
            handler=complete,
            summary="Say that the upload is complete: the file is checked and processed",
            policy=PEOPLE.of("caller"),
            tag="files",
            response=FileView,
            codes=(
                "not_found",
                "file_not_uploaded",
                "file_too_large",
                "unsupported_file_type",
                "file_rejected",
            ),
        ),
    ]
