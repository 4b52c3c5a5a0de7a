"""HTTP routes of rescues: for the people who are in one, and for operators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.ids import MESSAGE
from supportcarr.contracts.limits import PINS, RouteLimit
from supportcarr.contracts.policies import DRIVER, OPERATORS, RESCUE_PEOPLE, RIDER, Policy
from supportcarr.contracts.routing import Handler, NoQuery, PageResponse, RequestContext, Response, Route
from supportcarr.rescues.access import actor_for
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.commands import (
    Abort,
    Arrive,
    Cancel,
    Command,
    Complete,
    ConfirmFix,
    Depart,
    MarkNoShow,
    Release,
    RequestRescue,
    Start,
)
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.queries import RescueQueries
from supportcarr.rescues.schemas import (
    AdminAbortBody,
    CancellationView,
    CompletionBody,
    FixConfirmationBody,
    MessageBody,
    MessagesQuery,
    MessageView,
    ReasonBody,
    RequestBody,
    RescuesQuery,
    RescueView,
    StartBody,
    StepBody,
    TimelineView,
)
from supportcarr.rescues.service import RescueService

TAG = "rescues"
CHANGE_CODES = ("not_found", "illegal_transition", "conflict", "stale_version")
DRIVER_OR_OPERATOR = Policy(frozenset({"driver", "support", "admin"}))
RIDER_OR_DRIVER = Policy(frozenset({"rider", "driver"}))
RIDER_OR_OPERATOR = Policy(frozenset({"rider", "support", "admin"}))

AnyRequest = RequestContext[Any, Any]
StepRequest = RequestContext[StepBody | None, NoQuery]


def routes(service: RescueService, queries: RescueQueries, chat: ChatService) -> list[Route]:
    """Every route of rescues."""
    return [
        *_create_and_read(service, queries),
        *_change(service, queries),
        *_chat(chat),
    ]


def _create_and_read(service: RescueService, queries: RescueQueries) -> list[Route]:
    async def create(request: RequestContext[RequestBody, NoQuery]) -> Response:
        assert request.new_id is not None, "the route is idempotent and creates"
        rider = request.caller.acting_as("rider")
        rescue = await service.request(
            RequestRescue(
                quote_id=request.body.quote_id,
                payment_method_id=request.body.payment_method_id,
                note=request.body.note,
            ),
            rider_id=request.caller.user_id,
            creation_id=request.new_id,
        )
        return Response(
            await queries.encoded_view(rescue, rider),
            status=201,
            version=rescue.version,
            headers=(("Location", f"/api/v1/rescues/{rescue.id}"),),
        )

    async def list_all(request: RequestContext[None, RescuesQuery]) -> Response:
        page, actor = await queries.list_rescues(request.caller, request.query)
        views = [msgspec.Raw(await queries.encoded_view(rescue, actor)) for rescue in page.items]
        return Response(PageResponse(views, page.next_cursor))

    async def get(request: AnyRequest) -> Response:
        rescue, actor = await queries.get_rescue(_rescue_id(request), request.caller)
        return Response(await queries.encoded_view(rescue, actor), version=rescue.version)

    async def timeline(request: AnyRequest) -> Response:
        rescue, actor = await queries.get_rescue(_rescue_id(request), request.caller)
        return Response(PageResponse(queries.timeline(rescue, actor)), version=rescue.version)

    async def cancellation(request: AnyRequest) -> Response:
        rescue, actor = await queries.get_rescue(_rescue_id(request), request.caller)
        return Response(queries.cancellation(rescue, actor), version=rescue.version)

    return [
        Route(
            method="POST",
            path="/rescues",
            handler=create,
            summary="Request a rescue with a quote (the card authorization arrives later, as an event)",
            policy=RIDER.when_verified(),
            tag=TAG,
            body=RequestBody,
            response=RescueView,
            status=201,
            codes=("not_found", "quote_expired", "quote_used", "rider_has_live_rescue"),
            idempotent=True,
            new_id="res",
        ),
        Route(
            method="GET",
            path="/rescues",
            handler=list_all,
            summary="List the caller's rescues, newest first",
            policy=RIDER_OR_DRIVER,
            tag=TAG,
            query=RescuesQuery,
            response=PageResponse[RescueView],
        ),
        Route(
            method="GET",
            path="/rescues/{rescue_id}",
            handler=get,
            summary="Get a rescue",
            policy=RESCUE_PEOPLE.of("participant"),
            tag=TAG,
            response=RescueView,
            codes=("not_found",),
        ),
        Route(
            method="GET",
            path="/rescues/{rescue_id}/timeline",
            handler=timeline,
            summary="Get the rescue's timeline",
            policy=RESCUE_PEOPLE.of("participant"),
            tag=TAG,
            response=PageResponse[TimelineView],
            codes=("not_found",),
        ),
        Route(
            method="GET",
            path="/rescues/{rescue_id}/cancellation",
            handler=cancellation,
            summary="Get what cancelling the rescue would cost now",
            policy=RESCUE_PEOPLE.of("participant"),
            tag=TAG,
            response=CancellationView,
            codes=("not_found", "illegal_transition"),
        ),
    ]


def _change(service: RescueService, queries: RescueQueries) -> list[Route]:
    async def response(rescue: Rescue, actor: Actor) -> Response:
        return Response(await queries.encoded_view(rescue, actor), version=rescue.version)

    async def act(request: AnyRequest, command: Command) -> Response:
        rescue = await service.act(
            _rescue_id(request),
            command,
            request.caller,
            if_match=request.if_match,
            origin=request.origin,
        )
        return await response(rescue, actor_for(rescue, request.caller))

    async def act_as_operator(request: AnyRequest, command: Command) -> Response:
        operator = request.caller.acting_as("admin", "support")
        rescue = await service.act(
            _rescue_id(request), command, operator, if_match=request.if_match, origin=request.origin
        )
        return await response(rescue, operator)

    async def departure(request: StepRequest) -> Response:
        return await act(request, Depart(happened_at=_happened_at(request)))

    async def arrival(request: StepRequest) -> Response:
        return await act(request, Arrive(happened_at=_happened_at(request)))

    async def start(request: RequestContext[StartBody, NoQuery]) -> Response:
        return await act(request, Start(pin=request.body.pin, happened_at=request.body.happened_at))

    async def completion(request: RequestContext[CompletionBody, NoQuery]) -> Response:
        body = request.body
        command = Complete(
            outcome=body.outcome, price_minor=body.price_minor, pin=body.pin, happened_at=body.happened_at
        )
        return await act(request, command)

    async def fix_confirmation(request: RequestContext[FixConfirmationBody, NoQuery]) -> Response:
        return await act(request, ConfirmFix(price_minor=request.body.price_minor))

    async def no_show(request: StepRequest) -> Response:
        return await act(request, MarkNoShow(happened_at=_happened_at(request)))

    async def abort(request: RequestContext[ReasonBody, NoQuery]) -> Response:
        return await act(request, Abort(reason=request.body.reason))

    async def release(request: RequestContext[ReasonBody, NoQuery]) -> Response:
        return await act(request, Release(reason=request.body.reason))

    async def cancel(request: RequestContext[ReasonBody, NoQuery]) -> Response:
        return await act(request, Cancel(reason=request.body.reason))

    async def renew_pin(request: AnyRequest) -> Response:
        rescue = await service.renew_pin(
            _rescue_id(request), request.caller, if_match=request.if_match, origin=request.origin
        )
        return await response(rescue, actor_for(rescue, request.caller))

    async def admin_cancel(request: RequestContext[ReasonBody, NoQuery]) -> Response:
        return await act_as_operator(request, Cancel(reason=request.body.reason))

    async def admin_abort(request: RequestContext[AdminAbortBody, NoQuery]) -> Response:
        command = Abort(reason=request.body.reason, amount_minor=request.body.amount_minor)
        return await act_as_operator(request, command)

    async def admin_renew_pin(request: AnyRequest) -> Response:
        operator = request.caller.acting_as("admin", "support")
        rescue = await service.renew_pin(
            _rescue_id(request), operator, if_match=request.if_match, origin=request.origin
        )
        return await response(rescue, operator)

    def post(
        path: str,
        handle: Handler,
        summary: str,
        policy: Policy,
        body: Any = None,
        *codes: str,
        limits: tuple[RouteLimit, ...] = (),
    ) -> Route:
        return Route(
            method="POST",
            path=path,
            handler=handle,
            summary=summary,
            policy=policy.of("staff" if path.startswith("/admin/") else "participant").when_verified(),
            tag=TAG,
            body=body,
            response=RescueView,
            codes=(*CHANGE_CODES, *codes),
            if_match=True,
            limits=limits,
        )

    one, admin = "/rescues/{rescue_id}", "/admin/rescues/{rescue_id}"
    return [
        post(f"{one}/departure", departure, "Depart for the rider", DRIVER, StepBody | None),
        post(
            f"{one}/arrival",
            arrival,
            "Report arrival at the rider",
            DRIVER,
            StepBody | None,
            "too_far_from_pickup",
        ),
        post(
            f"{one}/start",
            start,
            "Start the job with the rider's PIN, once the bike is loaded",
            DRIVER,
            StartBody,
            "pin_wrong",
            "pin_locked",
            limits=(PINS,),
        ),
        post(
            f"{one}/completion",
            completion,
            "Complete the rescue (delivered, or repaired on the spot)",
            DRIVER,
            CompletionBody,
            "rider_confirmation_required",
            "pin_wrong",
            "pin_locked",
            limits=(PINS,),
        ),
        post(
            f"{one}/fix-confirmation",
            fix_confirmation,
            "Agree that the bike is fixed on the spot, and to a price",
            RIDER,
            FixConfirmationBody,
        ),
        post(
            f"{one}/no-show",
            no_show,
            "Report a no-show: the rider is absent after the waiting time",
            DRIVER,
            StepBody | None,
            "too_early",
            "too_far_from_pickup",
        ),
        post(
            f"{one}/abort",
            abort,
            "Abort the rescue (unsafe, or not as described)",
            DRIVER_OR_OPERATOR,
            ReasonBody,
        ),
        post(f"{one}/release", release, "Release the rescue from its driver", DRIVER_OR_OPERATOR, ReasonBody),
        post(f"{one}/cancellation", cancel, "Cancel the rescue", RESCUE_PEOPLE, ReasonBody),
        post(f"{one}/pin", renew_pin, "Issue a new start PIN", RIDER_OR_OPERATOR),
        post(
            f"{admin}/cancellation", admin_cancel, "Cancel the rescue free of charge", OPERATORS, ReasonBody
        ),
        post(
            f"{admin}/abort",
            admin_abort,
            "Abort the rescue and set what the rider is charged",
            OPERATORS.after_step_up(),
            AdminAbortBody,
        ),
        post(f"{admin}/pin", admin_renew_pin, "Issue a new start PIN as an operator", OPERATORS),
    ]


def _chat(chat: ChatService) -> list[Route]:
    async def list_messages(request: RequestContext[None, MessagesQuery]) -> Response:
        page = await chat.list_messages(
            _rescue_id(request), request.caller, request.query, origin=request.origin
        )
        return Response(PageResponse([MessageView.of(m) for m in page.items], page.next_cursor))

    async def send(request: RequestContext[MessageBody, NoQuery]) -> Response:
        message = await chat.send(
            _rescue_id(request),
            request.caller,
            request.body.text,
            message_id=request.new_id,
            origin=request.origin,
        )
        return Response(MessageView.of(message), status=201)

    path = "/rescues/{rescue_id}/messages"
    return [
        Route(
            method="GET",
            path=path,
            handler=list_messages,
            summary="List the rescue's messages",
            policy=RESCUE_PEOPLE.of("participant"),
            tag=TAG,
            query=MessagesQuery,
            response=PageResponse[MessageView],
            codes=("not_found",),
        ),
        Route(
            method="POST",
            path=path,
            handler=send,
            summary="Send a message",
            policy=RESCUE_PEOPLE.of("participant").when_verified(),
            tag=TAG,
            body=MessageBody,
            response=MessageView,
            status=201,
            codes=("not_found", "chat_closed"),
            idempotent=True,
            key_optional=True,
            new_id=MESSAGE,
        ),
    ]


def _happened_at(request: StepRequest) -> datetime | None:
    return request.body.happened_at if request.body else None


def _rescue_id(request: AnyRequest) -> str:
    return request.path_params["rescue_id"]
