"""HTTP routes of share links, and of the rescue that one shows."""

from __future__ import annotations

from supportcarr.contracts.ids import SHARE_LINK
from supportcarr.contracts.limits import SHARED
from supportcarr.contracts.policies import ANYONE, RIDER
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.rescues.share_link_schemas import (
    SharedRescueBody,
    SharedRescueView,
    ShareLinksView,
    ShareLinkView,
)
from supportcarr.rescues.share_links import ShareLinkService

TAG = "rescues"


def routes(links: ShareLinkService, clock: Clock, public_url: str) -> list[Route]:
    """Make, list and end links; and what others see by one."""

    async def create(request: RequestContext[None, NoQuery]) -> Response:
        made = await links.create(request.path_params["rescue_id"], request.caller, link_id=request.new_id)
        return Response(ShareLinkView.of(made, public_url), status=201)

    async def list_links(request: RequestContext[None, NoQuery]) -> Response:
        found = await links.list_links(request.path_params["rescue_id"], request.caller)
        return Response(ShareLinksView([ShareLinkView.of(link, public_url) for link in found]))

    async def end(request: RequestContext[None, NoQuery]) -> Response:
        path = request.path_params
        await links.end(path["rescue_id"], path["link_id"], request.caller)
        return Response()

    async def open_link(request: RequestContext[SharedRescueBody, NoQuery]) -> Response:
        shared = await links.open(request.body.token)
        view = SharedRescueView.of(shared, to_milliseconds(clock.city()))
        return Response(view, headers=(("cache-control", "no-store"),))

    path = "/rescues/{rescue_id}/share-links"
    return [
        Route(
            method="GET",
            path=path,
            handler=list_links,
            summary="List the links by which others follow the rescue",
            policy=RIDER.of("participant"),
            tag=TAG,
            response=ShareLinksView,
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path=path,
            handler=create,
            summary="Make a link by which others follow the rescue without an account",
            policy=RIDER.of("participant").when_verified(),
            tag=TAG,
            response=ShareLinkView,
            status=201,
            codes=("not_found", "share_links_closed", "too_many_share_links"),
            idempotent=True,
            key_optional=True,
            new_id=SHARE_LINK,
        ),
        Route(
            method="DELETE",
            path=f"{path}/{{link_id}}",
            handler=end,
            summary="End a link at once",
            policy=RIDER.of("participant"),
            tag=TAG,
            codes=("not_found",),
            status=204,
        ),
        Route(
            method="POST",
            path="/shared-rescues",
            handler=open_link,
            summary="See the rescue of a share link",
            policy=ANYONE,
            tag=TAG,
            body=SharedRescueBody,
            response=SharedRescueView,
            codes=("not_found",),
            limits=(SHARED,),
        ),
    ]
