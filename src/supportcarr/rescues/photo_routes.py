"""HTTP routes of a rescue's photos."""

from __future__ import annotations

from supportcarr.contracts.ids import PHOTO
from supportcarr.contracts.policies import RESCUE_PEOPLE, Policy
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.rescues.photo_schemas import PhotoBody, PhotosView, PhotoView
from supportcarr.rescues.photos import PhotoService

TAG = "rescues"
TAKERS = Policy(frozenset({"rider", "driver"})).of("participant").when_verified()


def routes(photos: PhotoService) -> list[Route]:
    """Add photos of the job, and list them."""

    async def begin(request: RequestContext[PhotoBody, NoQuery]) -> Response:
        body = request.body
        photo, form = await photos.begin(
            request.path_params["rescue_id"],
            request.caller,
            body.stage,
            body.content_type,
            body.size,
            damage=body.damage,
            note=body.note,
            happened_at=body.happened_at,
            photo_id=request.new_id,
        )
        return Response(PhotoView.awaited(photo, form), status=201)

    async def complete(request: RequestContext[None, NoQuery]) -> Response:
        path = request.path_params
        photo, links = await photos.complete(path["rescue_id"], path["photo_id"], request.caller)
        return Response(PhotoView.of(photo, links))

    async def list_photos(request: RequestContext[None, NoQuery]) -> Response:
        found = await photos.list_photos(
            request.path_params["rescue_id"], request.caller, origin=request.origin
        )
        return Response(PhotosView([PhotoView.of(photo, links) for photo, links in found]))

    path = "/rescues/{rescue_id}/photos"
    return [
        Route(
            method="GET",
            path=path,
            handler=list_photos,
            summary="List the photos of the job",
            policy=RESCUE_PEOPLE.of("participant"),
            tag=TAG,
            response=PhotosView,
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path=path,
            handler=begin,
            summary="Begin the upload of a photo of the job",
            policy=TAKERS,
            tag=TAG,
            body=PhotoBody,
            response=PhotoView,
            status=201,
            codes=(
                "not_found",
                "photos_closed",
                "too_many_photos",
                "unsupported_file_type",
                "file_too_large",
                "too_many_uploads",
            ),
            idempotent=True,
            key_optional=True,
            new_id=PHOTO,
        ),
        Route(
            method="POST",
            path=f"{path}/{{photo_id}}/completion",
            handler=complete,
            summary="Say that the photo is uploaded: it is kept, and the other side is told",
            policy=TAKERS,
            tag=TAG,
            response=PhotoView,
            codes=(
                "not_found",
                "too_many_photos",
                "file_not_uploaded",
                "file_too_large",
                "unsupported_file_type",
                "file_rejected",
            ),
        ),
    ]
