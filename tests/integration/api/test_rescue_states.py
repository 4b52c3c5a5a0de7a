"""Commands that a rescue's state does not allow are rejected with 409 and a reason, and change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from support.http.server import Reply
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import PreparedRescue, RescueFactory, expect
from supportcarr.contracts.rescues import FINAL, STATUSES, Status

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASON = {"reason": "changed_my_mind"}

# The statuses in which each action is allowed, written down by hand and not read from the state machine.
DRIVER_MAY: Mapping[str, set[Status]] = {
    "departure": {"assigned"},
    "arrival": {"en_route"},
    "start": {"arrived"},
    "delivered": {"in_transit"},
    "fixed_on_spot": {"arrived"},
    "no-show": {"arrived"},
    "abort": {"arrived", "in_transit"},
    "release": {"assigned", "en_route", "arrived"},
}
CANCELLABLE: set[Status] = {"scheduled", "requested", "matching", "assigned", "en_route", "arrived"}
WITH_DRIVER: set[Status] = {"assigned", "en_route", "arrived"}
RIDER_MAY: Mapping[str, set[Status]] = {
    "cancellation": CANCELLABLE,
    "pin": WITH_DRIVER,
    "fix-confirmation": {"arrived"},
}
OPERATOR_MAY: Mapping[str, set[Status]] = {
    "cancellation": CANCELLABLE,
    "pin": WITH_DRIVER,
    "abort": {"arrived", "in_transit"},
    "release": WITH_DRIVER,
}
OPERATORS_OWN: Mapping[str, set[Status]] = {
    name: OPERATOR_MAY[name] for name in ("cancellation", "pin", "abort")
}
# The command that led to the state: repeated by the same user it returns 200 and changes nothing.
LATEST: Mapping[Status, tuple[str, str]] = {
    "en_route": ("driver", "departure"),
    "arrived": ("driver", "arrival"),
    "in_transit": ("driver", "start"),
    "completed": ("driver", "delivered"),
    "no_show": ("driver", "no-show"),
    "aborted": ("driver", "abort"),
    "cancelled": ("rider", "cancellation"),
}


class Attempt(NamedTuple):
    """One command of one user to a rescue."""

    role: str
    client: CheckedClient
    command: str
    path: str
    body: Any
    legal: bool


def attempts(
    prepared: PreparedRescue, status: Status, operator: CheckedClient, pin: str
) -> Iterator[Attempt]:
    """Every command by every user who can see the rescue."""

    def of(
        role: str, client: CheckedClient, prefix: str, may: Mapping[str, set[Status]]
    ) -> Iterator[Attempt]:
        for command, states in may.items():
            at = "completion" if command in ("delivered", "fixed_on_spot") else command
            yield Attempt(
                role,
                client,
                command,
                f"{prefix}{prepared.path}/{at}",
                body_of_command(command, pin),
                status in states,
            )

    yield from of("rider", prepared.rider, "", RIDER_MAY)
    if prepared.driver is not None:
        yield from of("driver", prepared.driver, "", DRIVER_MAY)
    yield from of("operator", operator, "", OPERATOR_MAY)
    yield from of("operator", operator, "/admin", OPERATORS_OWN)


def body_of_command(command: str, pin: str) -> Any:
    match command:
        case "start":
            return {"pin": pin}
        case "delivered":
            return {"outcome": "delivered"}
        case "fixed_on_spot":
            return {"outcome": "fixed_on_spot", "price_minor": 1000, "pin": pin}
        case "fix-confirmation":
            return {"price_minor": 1000}
        case "abort" | "release" | "cancellation":
            return REASON
        case _:
            return None


@pytest.mark.parametrize("status", STATUSES)
async def test_commands_that_the_state_forbids_are_rejected_and_change_nothing(
    factory: RescueFactory, status: Status
) -> None:
    platform = factory.platform
    prepared = await factory.in_state(status)
    operator = await platform.person("support")
    before, seen = await platform.digest(), await prepared.view()
    refused = 0
    for attempt in attempts(prepared, status, operator, seen.get("pin", "0000")):
        if attempt.legal:
            continue
        reply = await attempt.client.post(attempt.path, attempt.body)
        at = (status, attempt.role, attempt.command, reply.status, reply.body)
        if LATEST.get(status) == (attempt.role, attempt.command):
            assert reply.status == 200, at
            assert reply.body["version"] == seen["version"], at
        else:
            assert (reply.status, reply.code) == (409, "illegal_transition"), at
            why = reply.body["detail"]
            assert status in why or "PIN" in why or "loaded" in why, at
            refused += 1
        assert await platform.digest() == before, at
    assert refused >= 2


@pytest.mark.parametrize("status", STATUSES)
async def test_the_cancellation_fee_is_shown_only_while_cancelling_is_possible(
    factory: RescueFactory, status: Status
) -> None:
    prepared = await factory.in_state(status)
    reply = await prepared.rider.get(f"{prepared.path}/cancellation")
    if status in CANCELLABLE:
        assert reply.body["fee_minor"] == 0
    else:
        assert (reply.status, reply.code) == (409, "illegal_transition")


@pytest.mark.parametrize("status", sorted(FINAL))
async def test_a_final_state_rejects_every_command(factory: RescueFactory, status: Status) -> None:
    """Even with If-Match the response says that the rescue has ended, not that the version is stale."""
    prepared = await factory.in_state(status)
    version = (await prepared.view())["version"]
    if status != "cancelled":
        reply = await prepared.rider.post(f"{prepared.path}/cancellation", REASON, if_match=version)
        assert (reply.status, reply.code) == (409, "illegal_transition")
    assert (await prepared.rider.get(prepared.path)).headers["etag"] == f'"{version}"'


async def test_drivers_cannot_act_on_a_rescue_before_an_offer(factory: RescueFactory) -> None:
    """A waiting rescue is not found by a driver who has no offer for it."""
    for status in ("scheduled", "requested", "matching", "rejected", "unserved"):
        prepared, driver = await factory.in_state(status), await factory.driver(online=False)
        for command in DRIVER_MAY:
            at = "completion" if command in ("delivered", "fixed_on_spot") else command
            reply = await driver.post(f"{prepared.path}/{at}", body_of_command(command, "0000"))
            assert (reply.status, reply.code) == (404, "not_found"), (status, command)


async def test_repeated_commands_change_nothing_throughout_a_rescue(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.assigned()
    pin = (await prepared.view())["pin"]
    for command in ("departure", "arrival", "start", "completion"):
        body = body_of_command("delivered" if command == "completion" else command, pin)
        first = expect(await prepared.driver_posts(command, body), 200)
        await platform.settle()
        before = await platform.digest()
        again = await asyncio.gather(*(prepared.driver_posts(command, body) for _ in range(5)))
        for reply in again:
            assert expect(reply, 200)["status"] == first["status"]
        assert await platform.digest() == before, command


async def test_concurrent_repeats_of_a_command_take_effect_once(factory: RescueFactory) -> None:
    prepared = await factory.assigned()
    replies = await asyncio.gather(*(prepared.driver_posts("departure") for _ in range(20)))
    assert {reply.status for reply in replies} <= {200, 409}
    assert {reply.code for reply in replies if reply.status == 409} <= {"conflict"}
    timeline = expect(await prepared.rider.get(f"{prepared.path}/timeline"), 200)["items"]
    assert [entry["to"] for entry in timeline].count("en_route") == 1


async def test_of_two_concurrent_final_commands_one_is_rejected(factory: RescueFactory) -> None:
    prepared = await factory.arrived()
    body = {"outcome": "fixed_on_spot", "price_minor": 500, "pin": (await prepared.view())["pin"]}
    replies = await asyncio.gather(
        prepared.rider.post(f"{prepared.path}/cancellation", REASON),
        prepared.driver_posts("completion", body),
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert (await prepared.view())["status"] in ("cancelled", "completed")


# --- the start PIN -----------------------------------------------------------------------------


def wrong_pin(pin: str) -> str:
    return f"{(int(pin) + 1) % 10_000:04}"


async def try_pin(prepared: PreparedRescue, pin: str) -> Reply:
    return await prepared.driver_posts("start", {"pin": pin})


@pytest.mark.parametrize("renewed_by", ["rider", "operator"])
async def test_five_wrong_pins_lock_the_start_until_the_pin_is_renewed(
    factory: RescueFactory, renewed_by: str
) -> None:
    platform, prepared = factory.platform, await factory.arrived()
    pin = (await prepared.view())["pin"]
    for left in (4, 3, 2, 1, 0):
        reply = await try_pin(prepared, wrong_pin(pin))
        assert (reply.status, reply.code) == (422, "pin_wrong")
        assert f"tries left: {left}" in reply.body["detail"]
        assert pin not in str(reply.body["detail"])
    before = await platform.digest()
    for guess in (wrong_pin(pin), pin):
        reply = await try_pin(prepared, guess)
        assert (reply.status, reply.code) == (423, "pin_locked")
    assert await platform.digest() == before
    assert (await prepared.view())["status"] == "arrived"
    for person in (prepared.rider, prepared.assigned_driver):
        notifications = expect(await person.get("/me/notifications"), 200)["items"]
        assert [t["rescue_id"] for t in notifications if "pin" in t["kind"]] == [prepared.rescue_id]
    if renewed_by == "rider":
        assert "pin" in expect(await prepared.rider.post(f"{prepared.path}/pin"), 200)
    else:
        operator = await platform.person("admin")
        assert "pin" not in expect(await operator.post(f"/admin{prepared.path}/pin"), 200)
    fresh = (await prepared.view())["pin"]
    assert (await try_pin(prepared, wrong_pin(fresh))).code == "pin_wrong"  # the renewed PIN is not locked
    assert expect(await try_pin(prepared, fresh), 200)["status"] == "in_transit"


async def test_concurrent_wrong_pins_are_counted_individually(factory: RescueFactory) -> None:
    prepared = await factory.arrived()
    pin = (await prepared.view())["pin"]
    guesses = [f"{(int(pin) + n) % 10_000:04}" for n in range(1, 31)]
    replies = await asyncio.gather(*(try_pin(prepared, guess) for guess in guesses))
    codes = [reply.code for reply in replies]
    assert set(codes) <= {"pin_wrong", "pin_locked", "conflict"}
    assert codes.count("pin_wrong") <= 5
    assert (await prepared.view())["status"] == "arrived"


# --- time --------------------------------------------------------------------------------------


async def test_a_no_show_requires_the_waiting_time(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.arrived()
    before = await platform.digest()
    for seconds in (0, 599):
        platform.clock.advance(seconds)
        reply = await prepared.driver_posts("no-show")
        assert (reply.status, reply.code) == (409, "too_early")
    assert await platform.digest() == before
    platform.clock.advance(1)
    rescue = expect(await prepared.driver_posts("no-show"), 200)
    assert (rescue["status"], rescue["price_minor"]) == ("no_show", 1000)


async def test_cancelling_after_two_minutes_costs_the_announced_fee(factory: RescueFactory) -> None:
    prepared = await factory.assigned()
    cancellation = expect(await prepared.rider.get(f"{prepared.path}/cancellation"), 200)
    assert (cancellation["fee_minor"], cancellation["currency"]) == (0, "CAD")
    assert "free_until" in cancellation
    factory.platform.clock.advance(121)
    cancellation = expect(await prepared.rider.get(f"{prepared.path}/cancellation"), 200)
    assert cancellation["fee_minor"] == 700
    cancelled = expect(await prepared.rider.post(f"{prepared.path}/cancellation", REASON), 200)
    assert cancelled["price_minor"] == 700
    await factory.platform.settle()
    assert (await prepared.view())["payment"]["captured_minor"] == 700


async def test_a_repair_on_the_spot_costs_at_most_the_quote(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.arrived()
    view = await prepared.view()
    total, pin = view["quote"]["total_minor"], view["pin"]
    operator = await platform.person("admin")
    before = await platform.digest()
    for body in (
        {"outcome": "fixed_on_spot", "pin": pin},
        {"outcome": "fixed_on_spot", "pin": pin, "price_minor": total + 1},
        {"outcome": "fixed_on_spot", "pin": pin, "price_minor": -1},
    ):
        reply = await prepared.driver_posts("completion", body)
        assert (reply.status, reply.code) == (422, "validation_failed")
        assert reply.body["errors"][0]["field"] == "price_minor"
    dear = {"reason": "unsafe", "amount_minor": total + 1}
    assert (await operator.post(f"/admin{prepared.path}/abort", dear)).status == 422
    assert await platform.digest() == before
    fixed = {"outcome": "fixed_on_spot", "price_minor": total, "pin": pin}
    done = expect(await prepared.driver_posts("completion", fixed), 200)
    assert done["price_minor"] == total


async def test_a_repair_on_the_spot_needs_the_consent_of_the_rider(factory: RescueFactory) -> None:
    prepared = await factory.arrived()
    fixed = {"outcome": "fixed_on_spot", "price_minor": 1500}
    for _ in range(2):
        reply = await prepared.driver_posts("completion", fixed)
        assert (reply.status, reply.code) == (409, "rider_confirmation_required")
    view = await prepared.view()
    assert (view["status"], view["fix"]) == ("arrived", {"price_minor": 1500})
    notifications = expect(await prepared.rider.get("/me/notifications"), 200)["items"]
    assert [n["body"] for n in notifications if n["kind"] == "fix_proposed"] == [
        "Your driver says so, for $15.00. Confirm it if you agree, or give your driver the start PIN."
    ]
    wrong = await prepared.driver_posts("completion", fixed | {"pin": wrong_pin(view["pin"])})
    assert (wrong.status, wrong.code) == (422, "pin_wrong")
    confirmation = f"{prepared.path}/fix-confirmation"
    agreed = expect(await prepared.rider.post(confirmation, {"price_minor": 1500}), 200)
    assert agreed["fix"] == {"price_minor": 1500, "confirmed_minor": 1500}
    done = expect(await prepared.driver_posts("completion", fixed), 200)
    assert (done["status"], done["price_minor"]) == ("completed", 1500)
    await factory.platform.settle()
    notifications = expect(await prepared.assigned_driver.get("/me/notifications"), 200)["items"]
    assert "fix_confirmed" in [n["kind"] for n in notifications]


# --- where the driver is -----------------------------------------------------------------------

FAR = {"lat": 45.5900, "lng": -73.5500}


async def test_arrival_and_no_show_are_possible_only_near_the_pickup(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.en_route()
    platform.clock.advance(300)
    await factory.report(prepared.assigned_driver, FAR)
    reply = await prepared.driver_posts("arrival")
    assert (reply.status, reply.code) == (409, "too_far_from_pickup")
    assert "within 300 m" in reply.body["detail"]
    platform.clock.advance(300)
    await factory.report(prepared.assigned_driver)
    expect(await prepared.driver_posts("arrival"), 200)
    platform.clock.advance(600)
    await factory.report(prepared.assigned_driver, FAR)
    assert (await prepared.driver_posts("no-show")).code == "too_far_from_pickup"
    platform.clock.advance(300)
    await factory.report(prepared.assigned_driver)
    expect(await prepared.driver_posts("no-show"), 200)
    operator = await platform.person("admin")
    await platform.settle()
    row = expect(await operator.get(f"/admin/rescues?q={prepared.rescue_id}"), 200)["items"][0]
    assert "unverified" not in row


async def test_what_cannot_be_known_of_an_arrival_is_shown_to_operators(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.en_route()
    platform.clock.advance(60)  # the last position is not fresh any more
    expect(await prepared.driver_posts("arrival"), 200)
    await platform.settle()
    operator = await platform.person("support")
    found = expect(await operator.get("/admin/rescues?attention=true&status=arrived"), 200)["items"]
    mine = [row["unverified"] for row in found if row["id"] == prepared.rescue_id]
    assert mine == [["arrived:position_unknown"]]
    for who, shown in ((operator, "position_unknown"), (prepared.rider, None)):
        timeline = expect(await who.get(f"{prepared.path}/timeline"), 200)["items"]
        assert timeline[-1].get("unverified") == shown


async def test_a_rescue_that_ended_long_ago_accepts_no_messages(
    factory: RescueFactory, platform: Platform
) -> None:
    prepared = await factory.in_state("completed")
    path, text = f"{prepared.path}/messages", {"text": "I left my helmet"}
    expect(await prepared.rider.post(path, text), 201)
    await platform.settle()
    platform.clock.advance(24 * 3600 + 1)
    before = await platform.digest()
    reply = await prepared.rider.post(path, text)
    assert (reply.status, reply.code) == (409, "chat_closed")
    assert await platform.digest() == before
