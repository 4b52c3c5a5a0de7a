"""The routes, called as the gateway calls them: decoded body, principal, If-Match."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from support.rescues.world import ADMIN, DRIVER, PIN, RIDER, SUPPORT, World, creation, decoded
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import StaleVersion
from supportcarr.contracts.routing import RequestContext, Response, Route
from supportcarr.rescues import jobs
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.routes import routes


class Desk:
    """Calls a route by method and path."""

    def __init__(self, world: World) -> None:
        made = routes(world.service, world.queries, world.chat)
        self.routes: dict[tuple[str, str], Route] = {(r.method, r.path): r for r in made}
        assert len(self.routes) == len(made)
        self.settle = world.settle

    async def __call__(
        self,
        method: str,
        path: str,
        principal: Principal,
        body: object = None,
        *,
        rescue_id: str = "",
        query: dict[str, object] | None = None,
        if_match: int | None = None,
        new_id: str | None = None,
    ) -> Response:
        route = self.routes[method, path]
        assert route.policy.roles is None or route.policy.roles & principal.roles, "the gateway would refuse"
        sent = None
        if route.body is not None:
            sent = msgspec.json.decode(msgspec.json.encode(body), type=route.body)
        answer = await route.handler(
            RequestContext(
                principal=principal,
                path_params={"rescue_id": rescue_id},
                query=msgspec.convert(query or {}, route.query),
                body=sent,
                request_id="req_1",
                client_address="127.0.0.1",
                if_match=if_match,
                new_id=new_id,
            )
        )
        assert answer.status == route.status
        await self.settle()
        return answer


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


ONE = "/rescues/{rescue_id}"


def shown(answer: Response, type_: Any) -> dict[str, Any]:
    """The answer's JSON, which must fit what the route declares."""
    body = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
    msgspec.json.decode(body, type=type_)
    return decoded(body)


async def test_a_rescue_goes_from_request_to_completion_over_its_routes(world: World, desk: Desk) -> None:
    world.quotes.add("quo_1")
    body = {"quote_id": "quo_1", "payment_method_id": "pmt_1", "note": "By the fountain"}
    created = await desk("POST", "/rescues", RIDER, body, new_id=creation(1))
    rescue = shown(created, desk.routes["POST", "/rescues"].response)
    assert (rescue["status"], rescue["pin"], rescue["note"]) == ("requested", PIN, "By the fountain")
    assert created.version == 1
    assert created.headers == (("Location", f"/api/v1/rescues/{rescue['id']}"),)
    await world.record_hold(await world.get(rescue["id"]))
    await world.service.assign(rescue["id"], driver_id="usr_driver", offer_id="off_1", eta_seconds=60)
    version = 3
    for step, sent, status in (
        ("departure", None, "en_route"),
        ("arrival", None, "arrived"),
        ("start", {"pin": PIN}, "in_transit"),
        ("completion", {"outcome": "delivered"}, "completed"),
    ):
        path = f"{ONE}/{step}"
        answer = await desk("POST", path, DRIVER, sent, rescue_id=rescue["id"], if_match=version)
        version += 1
        seen = shown(answer, desk.routes["POST", path].response)
        assert (seen["status"], seen["version"], answer.version) == (status, version, version)
        assert "pin" not in seen
    listing = shown(await desk("GET", "/rescues", RIDER), desk.routes["GET", "/rescues"].response)
    assert [item["price_minor"] for item in listing["items"]] == [3140]
    assert listing["next_cursor"] is None
    timeline = await desk("GET", f"{ONE}/timeline", DRIVER, rescue_id=rescue["id"])
    entries = shown(timeline, desk.routes["GET", f"{ONE}/timeline"].response)["items"]
    assert [entry["version"] for entry in entries] == [1, 2, 3, 4, 5, 6, 7]


async def test_the_rider_reads_the_fee_and_cancels(world: World, desk: Desk) -> None:
    rescue = await world.assigned()
    world.pass_time(300)
    preview = await desk("GET", f"{ONE}/cancellation", RIDER, rescue_id=rescue.id)
    assert shown(preview, desk.routes["GET", f"{ONE}/cancellation"].response)["fee_minor"] == 700
    answer = await desk(
        "POST", f"{ONE}/cancellation", RIDER, {"reason": "My neighbour has a pump"}, rescue_id=rescue.id
    )
    seen = decoded(answer.body)
    assert (seen["status"], seen["reason"], seen["price_minor"]) == (
        "cancelled",
        "My neighbour has a pump",
        700,
    )


@pytest.mark.parametrize(
    ("step", "body", "status"),
    [
        ("release", {"reason": "breakdown"}, "matching"),
        ("abort", {"reason": "unsafe"}, "aborted"),
        ("no-show", None, "no_show"),
        ("completion", {"outcome": "fixed_on_spot", "price_minor": 1500, "pin": PIN}, "completed"),
    ],
)
async def test_a_driver_can_end_a_rescue_without_delivery(
    world: World, desk: Desk, step: str, body: object, status: str
) -> None:
    rescue = await world.arrived()
    world.pass_time(601)
    answer = await desk("POST", f"{ONE}/{step}", DRIVER, body, rescue_id=rescue.id)
    assert decoded(answer.body)["status"] == status
    again = await desk("POST", f"{ONE}/{step}", DRIVER, body, rescue_id=rescue.id)
    assert again.body == answer.body


@pytest.mark.parametrize("principal", [SUPPORT, ADMIN])
async def test_operators_cancel_free_of_charge_and_abort_at_a_price(
    world: World, desk: Desk, principal: Principal
) -> None:
    first = await world.assigned(1)
    world.pass_time(300)
    answer = await desk(
        "POST", "/admin/rescues/{rescue_id}/cancellation", principal, {"reason": "called"}, rescue_id=first.id
    )
    assert decoded(answer.body)["price_minor"] == 0
    second = await world.arrived(2)
    body = {"reason": "unsafe", "amount_minor": 900}
    answer = await desk("POST", "/admin/rescues/{rescue_id}/abort", principal, body, rescue_id=second.id)
    assert (decoded(answer.body)["status"], decoded(answer.body)["price_minor"]) == ("aborted", 900)


@pytest.mark.parametrize(
    ("path", "principal", "sees"),
    [(f"{ONE}/pin", RIDER, True), (f"{ONE}/pin", SUPPORT, False), (f"/admin{ONE}/pin", ADMIN, False)],
)
async def test_rider_and_operators_renew_the_pin_and_the_rider_alone_reads_it(
    world: World, desk: Desk, path: str, principal: Principal, sees: bool
) -> None:
    rescue = await world.arrived()
    answer = await desk("POST", path, principal, rescue_id=rescue.id)
    assert ("pin" in decoded(answer.body)) == sees
    assert answer.version == rescue.version + 1


async def test_an_old_version_is_refused(world: World, desk: Desk) -> None:
    rescue = await world.assigned()
    with pytest.raises(StaleVersion):
        await desk("POST", f"{ONE}/departure", DRIVER, rescue_id=rescue.id, if_match=1)


async def test_messages_are_sent_and_read(world: World, desk: Desk) -> None:
    rescue = await world.assigned()
    path = f"{ONE}/messages"
    sent = await desk("POST", path, RIDER, {"text": "Hello"}, rescue_id=rescue.id)
    message = shown(sent, desk.routes["POST", path].response)
    assert message["sender"] == {"role": "rider", "id": "usr_rider"}
    page = await desk("GET", path, DRIVER, rescue_id=rescue.id, query={"limit": 10})
    assert shown(page, desk.routes["GET", path].response)["items"] == [message]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/rescues", {"quote_id": "quo_1"}),
        ("POST", "/rescues", {"quote_id": "quo_1", "payment_method_id": "p", "note": "x" * 501}),
        ("POST", "/rescues", {"quote_id": "quo_1", "payment_method_id": "p", "tip": 1}),
        ("POST", f"{ONE}/start", {"pin": "47111"}),
        ("POST", f"{ONE}/start", {"pin": 4711}),
        ("POST", f"{ONE}/start", {"pin": "٤٧١١"}),
        ("POST", f"{ONE}/start", {"pin": "4711\n"}),
        ("POST", f"{ONE}/completion", {"outcome": "lost"}),
        ("POST", f"{ONE}/completion", {"outcome": "fixed_on_spot", "price_minor": -1}),
        ("POST", f"{ONE}/completion", {"outcome": "fixed_on_spot", "price_minor": 10.5}),
        ("POST", f"{ONE}/cancellation", {"reason": "   "}),
        ("POST", f"{ONE}/cancellation", {"reason": "x" * 201}),
        ("POST", f"{ONE}/messages", {"text": ""}),
        ("POST", f"{ONE}/messages", {"text": "x" * 1001}),
        ("POST", "/admin/rescues/{rescue_id}/abort", {"reason": "unsafe", "amount_minor": 10**12}),
    ],
)
async def test_invalid_bodies_are_not_decoded(
    desk: Desk, method: str, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(body), type=desk.routes[method, path].body)


async def test_the_creation_is_idempotent_and_no_route_is_public(desk: Desk) -> None:
    create = desk.routes["POST", "/rescues"]
    assert (create.idempotent, create.new_id) == (True, "res")
    assert not any(r.policy.public for r in desk.routes.values())


async def test_rescues_are_registered_for_deadlines(world: World) -> None:
    (deadline,) = jobs.deadlines(world.service)
    assert deadline.spec is RESCUES
    rescue = await world.request()
    world.pass_time(301)
    await deadline.fire(rescue.id)
    assert (await world.get(rescue.id)).status == "rejected"
