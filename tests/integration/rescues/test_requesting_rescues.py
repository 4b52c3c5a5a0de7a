"""Asking for a rescue: a saga that may be repeated, raced and killed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from support.rescues.builders import NOW
from support.rescues.riders import live_rescue
from support.rescues.world import ADMIN, DRIVER, PIN, RIDER, World, creation
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Conflict, NotFound, ValidationFailed
from supportcarr.contracts.events import RescueRequested
from supportcarr.rescues.commands import Abort, Cancel, Command, Complete, MarkNoShow, RequestRescue
from supportcarr.rescues.model import Rescue


class Killed(BaseException):
    """The process died here."""


def asking(quote_id: str = "quo_1", payment_method_id: str = "pmt_1") -> RequestRescue:
    return RequestRescue(quote_id=quote_id, payment_method_id=payment_method_id)


async def every_rescue(world: World) -> list[Rescue]:
    return [rescue async for rescue in world.rescues.scan()]


async def test_a_rescue_is_requested_and_its_rider_claimed(world: World) -> None:
    rescue = await world.request()
    assert rescue.id == "res_qc_01jdc000000000000000000001"
    assert (rescue.status, rescue.version, rescue.pin) == ("requested", 1, PIN)
    assert rescue.due_at == NOW + timedelta(minutes=5)
    assert world.quotes.redeemed == {"quo_1": rescue.id}
    assert await live_rescue(world.store) == rescue.id
    (event,) = world.events
    assert isinstance(event.event, RescueRequested)


async def test_repeat_returns_the_current_rescue(world: World) -> None:
    rescue = await world.matching()
    world.pass_time(3600)
    world.quotes.expired.add("quo_1")
    again = await world.service.request(asking(), rider_id="usr_rider", creation_id=creation(1))
    assert again == rescue
    assert len(await every_rescue(world)) == 1


async def test_concurrent_repeats_create_one_rescue(world: World) -> None:
    world.quotes.add("quo_1")
    made = await asyncio.gather(
        *(world.service.request(asking(), rider_id="usr_rider", creation_id=creation(1)) for _ in range(8))
    )
    await world.settle()
    assert {rescue.id for rescue in made} == {r.id for r in await every_rescue(world)}
    assert len(world.events) == 1


async def test_second_request_of_a_rider_is_refused_and_keeps_its_quote(world: World) -> None:
    for n in range(1, 7):
        world.quotes.add(f"quo_{n}")
    outcomes = await asyncio.gather(
        *(
            world.service.request(asking(f"quo_{n}"), rider_id="usr_rider", creation_id=creation(n))
            for n in range(1, 7)
        ),
        return_exceptions=True,
    )
    made = [o for o in outcomes if isinstance(o, Rescue)]
    refused = [o for o in outcomes if isinstance(o, Conflict)]
    assert (len(made), len(refused)) == (1, 5)
    assert {r.code for r in refused} <= {"rider_has_live_rescue", "conflict"}
    assert world.quotes.redeemed == {made[0].quote.id: made[0].id}


ENDS: dict[str, tuple[Command, Principal]] = {
    "cancelled by the rider": (Cancel(reason="wrong_place"), RIDER),
    "cancelled by an operator": (Cancel(reason="rider_called"), ADMIN),
    "completed": (Complete(outcome="fixed_on_spot", price_minor=1500, pin=PIN), DRIVER),
    "no-show": (MarkNoShow(), DRIVER),
    "aborted": (Abort(reason="unsafe"), DRIVER),
}


async def ended_unnoticed(world: World, how: str) -> Rescue:
    """A rescue that has just ended; the consumer that releases its rider has not run yet."""
    rescue = await world.arrived()
    world.pass_time(600)
    command, who = ENDS[how]
    ended = await world.service.act(rescue.id, command, who)
    assert await live_rescue(world.store) == rescue.id
    return ended


@pytest.mark.parametrize("how", ENDS)
async def test_the_rider_of_a_rescue_that_is_over_may_ask_again_at_once(world: World, how: str) -> None:
    await ended_unnoticed(world, how)
    world.quotes.add("quo_2")
    again = await world.service.request(asking("quo_2"), rider_id="usr_rider", creation_id=creation(2))
    await world.settle()
    assert (await world.get(again.id)).status == "requested"
    assert await live_rescue(world.store) == again.id


async def test_a_rescue_that_is_cancelled_before_its_claim_is_confirmed_does_not_hold_the_rider(
    world: World,
) -> None:
    for n in (1, 2):
        world.quotes.add(f"quo_{n}")
    first = await world.service.request(asking(), rider_id="usr_rider", creation_id=creation(1))
    await world.service.act(first.id, Cancel(reason="wrong_place"), RIDER)
    second = await world.service.request(asking("quo_2"), rider_id="usr_rider", creation_id=creation(2))
    await world.settle()
    assert ((await world.get(first.id)).status, (await world.get(second.id)).status) == (
        "cancelled",
        "requested",
    )
    assert await live_rescue(world.store) == second.id


async def test_a_booking_wakes_although_the_end_of_the_rescue_before_it_was_not_noticed_yet(
    world: World,
) -> None:
    booked = await world.request(2, scheduled_for=NOW + timedelta(minutes=10))
    await ended_unnoticed(world, "cancelled by the rider")
    await world.service.on_deadline(booked.id)
    await world.settle()
    assert (await world.get(booked.id)).status == "requested"
    assert await live_rescue(world.store) == booked.id


async def test_of_many_requests_right_after_an_end_one_becomes_a_rescue(world: World) -> None:
    await ended_unnoticed(world, "cancelled by the rider")
    for n in range(2, 8):
        world.quotes.add(f"quo_{n}")
    outcomes = await asyncio.gather(
        *(
            world.service.request(asking(f"quo_{n}"), rider_id="usr_rider", creation_id=creation(n))
            for n in range(2, 8)
        ),
        world.settle(),
        return_exceptions=True,
    )
    await world.settle()
    made = [o for o in outcomes if isinstance(o, Rescue)]
    assert len(made) == 1
    assert [r.id for r in await every_rescue(world) if r.is_live] == [made[0].id]
    assert await live_rescue(world.store) == made[0].id


async def test_two_riders_can_have_live_rescues_at_the_same_time(world: World) -> None:
    await world.request(1)
    assert (await world.request(2, rider_id="usr_other_rider")).status == "requested"


@pytest.mark.parametrize("state", ["expired", "used"])
async def test_a_refused_quote_leaves_the_rider_free(world: World, state: str) -> None:
    world.quotes.add("quo_1")
    if state == "expired":
        world.quotes.expired.add("quo_1")
    else:
        world.quotes.redeemed["quo_1"] = "res_qc_another"
    with pytest.raises(Conflict) as refused:
        await world.service.request(asking(), rider_id="usr_rider", creation_id=creation(1))
    assert refused.value.code == f"quote_{state}"
    assert await live_rescue(world.store) is None
    assert await every_rescue(world) == []


async def test_another_riders_quote_does_not_exist(world: World) -> None:
    world.quotes.add("quo_1", "usr_other_rider")
    with pytest.raises(NotFound):
        await world.service.request(asking(), rider_id="usr_rider", creation_id=creation(1))


async def test_a_payment_method_of_another_rider_is_a_field_error(world: World) -> None:
    world.quotes.add("quo_1")
    with pytest.raises(ValidationFailed) as refused:
        await world.service.request(
            asking(payment_method_id="pmt_stolen"), rider_id="usr_rider", creation_id=creation(1)
        )
    assert [e.field for e in refused.value.errors] == ["payment_method_id"]
    assert world.quotes.redeemed == {}
    assert await live_rescue(world.store) is None


class Dying:
    """A port whose *method* crashes the process before or after its work."""

    def __init__(self, port: Any, method: str, when: str) -> None:
        self._port, self._method, self._when = port, method, when

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._port, name)
        if name != self._method:
            return real

        async def die(*args: Any, **kwargs: Any) -> Any:
            if self._when == "after":
                await real(*args, **kwargs)
            raise Killed

        return die


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("port", "method"), [("quotes", "terms_of"), ("claims", "claim"), ("quotes", "redeem")]
)
class TestKilledAtEveryStep:
    async def die(self, world: World, port: str, method: str, when: str) -> None:
        world.quotes.add("quo_1")
        real = world.quotes if port == "quotes" else world.riders
        dying = world.another_service(**{port: Dying(real, method, when)})
        with pytest.raises(Killed):
            await dying.request(asking(), rider_id="usr_rider", creation_id=creation(1))

    async def test_a_repeated_request_completes_an_interrupted_one(
        self, world: World, port: str, method: str, when: str
    ) -> None:
        await self.die(world, port, method, when)
        rescue = await world.request(1, quote_id="quo_1")
        assert [r.id for r in await every_rescue(world)] == [rescue.id]
        assert await live_rescue(world.store) == rescue.id

    async def test_an_abandoned_request_blocks_the_rider_for_at_most_a_minute(
        self, world: World, port: str, method: str, when: str
    ) -> None:
        await self.die(world, port, method, when)
        world.pass_time(61)
        await world.riders.reconcile(world.service)
        assert await live_rescue(world.store) is None
        assert (await world.request(2)).status == "requested"


async def test_claim_is_kept_after_a_kill_that_follows_the_insert(world: World) -> None:
    await world.relay.stop()  # no consumer gets its events
    world.quotes.add("quo_1")
    rescue = await world.service.request(asking(), rider_id="usr_rider", creation_id=creation(1))
    world.pass_time(61)
    await world.riders.reconcile(world.service)
    assert await live_rescue(world.store) == rescue.id
    world.pass_time(3600)
    await world.riders.reconcile(world.service)
    assert await live_rescue(world.store) == rescue.id


async def test_rescue_inserted_after_losing_its_claim_is_rejected(world: World) -> None:
    class Slow:
        """Redeems the quote after a long pause, during which another rescue was requested."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.quotes, name)

        async def redeem(self, quote_id: str, **rest: Any) -> Any:
            world.pass_time(61)
            await world.riders.reconcile(world.service)
            await world.request(2)
            return await world.quotes.redeem(quote_id, **rest)

    world.quotes.add("quo_1")
    late = await world.another_service(quotes=Slow()).request(
        asking(), rider_id="usr_rider", creation_id=creation(1)
    )
    await world.settle()
    late = await world.get(late.id)
    assert (late.status, late.reason) == ("rejected", "rider_has_live_rescue")
    live = [r for r in await every_rescue(world) if r.is_live]
    assert [r.id for r in live] == [await live_rescue(world.store)]


async def test_end_of_a_rescue_releases_its_rider(world: World) -> None:
    await world.completed()
    assert await live_rescue(world.store) is None
    assert (await world.request(2)).status == "requested"
