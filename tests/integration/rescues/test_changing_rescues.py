"""Transitions under versions, repeats and races; what payments, dispatch and the clock do."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from support.rescues.builders import NOW
from support.rescues.riders import live_rescue
from support.rescues.world import ADMIN, DRIVER, OTHER_RIDER, PIN, RIDER, SUPPORT, World, payment
from supportcarr.contracts.errors import ApiError, Conflict, IllegalTransition, NotFound, StaleVersion
from supportcarr.contracts.events import (
    MatchingBegan,
    PinLocked,
    RescueCancelled,
    RescueEnded,
    RescueRejected,
    RescueUnserved,
)
from supportcarr.rescues.commands import Arrive, Cancel, Complete, Depart, Release, Start
from supportcarr.rescues.errors import PinIsLocked, PinWrong
from supportcarr.rescues.model import PaymentSnapshot, Rescue

CANCEL = Cancel(reason="changed_my_mind")


async def test_a_whole_rescue_from_request_to_completion(world: World) -> None:
    rescue = await world.completed()
    assert [(e.to, e.version) for e in rescue.timeline] == [
        ("requested", 1),
        ("matching", 2),
        ("assigned", 3),
        ("en_route", 4),
        ("arrived", 5),
        ("in_transit", 6),
        ("completed", 7),
    ]
    assert rescue.version == 7
    assert [e.document_version for e in world.events] == [1, 2, 3, 4, 5, 6, 7]


# --- versions, repeats, races ------------------------------------------------------------------


async def test_a_change_of_an_older_version_is_refused(world: World) -> None:
    rescue = await world.assigned()
    with pytest.raises(StaleVersion):
        await world.service.act(rescue.id, Depart(), DRIVER, if_match=rescue.version - 1)
    assert await world.get(rescue.id) == rescue
    assert (await world.service.act(rescue.id, Depart(), DRIVER, if_match=rescue.version)).version == 4


async def test_version_check_reveals_nothing_to_others(world: World) -> None:
    rescue = await world.assigned()
    with pytest.raises(NotFound):
        await world.service.act(rescue.id, CANCEL, OTHER_RIDER, if_match=1)
    with pytest.raises(NotFound):
        await world.service.act("res_qc_01jdc000000000000000009999", CANCEL, RIDER)


async def test_repeat_changes_nothing_with_any_version(world: World) -> None:
    rescue = await world.assigned()
    done = await world.service.act(rescue.id, Depart(), DRIVER, if_match=rescue.version)
    again = await world.service.act(rescue.id, Depart(), DRIVER, if_match=rescue.version)
    assert again == done
    await world.service.act(rescue.id, Arrive(), DRIVER)
    with pytest.raises(IllegalTransition):
        await world.service.act(rescue.id, Depart(), DRIVER)


async def test_repeat_is_recognised_after_the_payment_event(world: World) -> None:
    rescue = await world.completed()
    await world.service.record_payment(
        payment(rescue, "capture", "succeeded", version=3, payment_status="captured", captured_minor=3140)
    )
    again = await world.service.act(rescue.id, Complete(outcome="delivered"), DRIVER)
    assert (again.status, again.payment.captured_minor) == ("completed", 3140)
    assert len([e for e in world.events if isinstance(e.event, RescueEnded)]) == 1


async def test_a_repeated_release_succeeds_for_its_driver_only(world: World) -> None:
    rescue = await world.assigned()
    released = await world.service.act(rescue.id, Release(reason="breakdown"), DRIVER)
    assert await world.service.act(rescue.id, Release(reason="breakdown"), DRIVER) == released
    with pytest.raises(NotFound):
        await world.service.act(rescue.id, Depart(), DRIVER)


async def test_one_of_many_concurrent_ends_wins(world: World) -> None:
    rescue = await world.arrived()
    world.pass_time(601)
    commands = [(CANCEL, RIDER), (CANCEL, SUPPORT), (CANCEL, ADMIN)] * 4
    outcomes = await asyncio.gather(
        *(world.service.act(rescue.id, command, who) for command, who in commands), return_exceptions=True
    )
    assert all(isinstance(o, Rescue | Conflict) for o in outcomes)
    assert len([e for e in world.events if isinstance(e.event, RescueEnded)]) == 1
    assert (await world.get(rescue.id)).status == "cancelled"


async def test_parallel_guesses_of_the_pin_never_exceed_five(world: World) -> None:
    rescue = await world.arrived()
    refused: list[type[ApiError]] = []

    async def guess() -> None:
        for _ in range(6):
            with pytest.raises((PinWrong, PinIsLocked, Conflict)) as caught:
                await world.service.act(rescue.id, Start(pin="0000"), DRIVER)
            refused.append(type(caught.value))

    await asyncio.gather(*(guess() for _ in range(4)))
    rescue = await world.get(rescue.id)
    assert (rescue.pin_tries, rescue.pin_locked, rescue.status) == (5, True, "arrived")
    assert refused.count(PinWrong) == 5
    assert len([e for e in world.events if isinstance(e.event, PinLocked)]) == 1
    with pytest.raises(PinIsLocked):
        await world.service.act(rescue.id, Start(pin=PIN), DRIVER)
    await world.service.renew_pin(rescue.id, RIDER)
    assert (await world.service.act(rescue.id, Start(pin=PIN), DRIVER)).status == "in_transit"


# --- payments ----------------------------------------------------------------------------------


async def test_a_held_card_begins_the_matching(world: World) -> None:
    rescue = await world.record_hold(await world.request())
    assert (rescue.status, rescue.payment.status) == ("matching", "held")
    assert rescue.due_at == NOW + timedelta(minutes=8)
    assert [type(e.event) for e in world.events][1:] == [MatchingBegan]


async def test_declined_card_rejects_the_rescue_and_releases_the_rider(world: World) -> None:
    rescue = await world.record_hold(await world.request(), "failed", "card_declined")
    assert (rescue.status, rescue.reason) == ("rejected", "card_declined")
    assert await live_rescue(world.store) is None


async def test_a_hold_waits_for_3d_secure(world: World) -> None:
    rescue = await world.record_hold(await world.request(), "requires_action")
    assert (rescue.status, rescue.payment.status) == ("requested", "requires_action")
    await world.service.record_payment(payment(rescue, "hold", "succeeded", version=3))
    assert (await world.get(rescue.id)).status == "matching"


async def test_a_repeated_or_late_payment_event_changes_nothing(world: World) -> None:
    rescue = await world.request()
    await world.service.record_payment(payment(rescue, "hold", "succeeded", version=5))
    before = await world.get(rescue.id)
    await world.service.record_payment(payment(rescue, "hold", "succeeded", version=5))
    await world.service.record_payment(payment(rescue, "hold", "failed", version=4))
    assert await world.get(rescue.id) == before


async def test_hold_after_the_end_is_recorded_without_a_status_change(world: World) -> None:
    rescue = await world.request()
    await world.service.act(rescue.id, CANCEL, RIDER)
    rescue = await world.record_hold(rescue)
    assert rescue.status == "cancelled"
    assert rescue.payment == PaymentSnapshot(status="held", source=("pay_1", 2, 0))


# --- dispatch ----------------------------------------------------------------------------------


async def test_offer_assigns_once_and_repeats_get_the_same_result(world: World) -> None:
    rescue = await world.matching()

    async def accept(driver_id: str, offer_id: str) -> bool:
        return await world.service.assign(rescue.id, driver_id=driver_id, offer_id=offer_id, eta_seconds=200)

    assert await accept("usr_driver", "off_1")
    assert await accept("usr_driver", "off_1")
    assert not await accept("usr_other_driver", "off_2")
    assert not await accept("usr_driver", "off_3")
    await world.drive(rescue, Depart())
    assert await accept("usr_driver", "off_1")
    assert await world.service.driver_of(rescue.id) == "usr_driver"
    assert (await world.get(rescue.id)).eta_seconds == 200
    await world.service.act(rescue.id, Release(reason="breakdown"), DRIVER)
    assert not await accept("usr_driver", "off_1"), "given up: the old offer does not bring it back"
    assert await world.service.driver_of(rescue.id) is None
    assert await accept("usr_other_driver", "off_2")


async def test_one_of_many_accepted_offers_assigns(world: World) -> None:
    rescue = await world.matching()
    won = await asyncio.gather(
        *(
            world.service.assign(rescue.id, driver_id=f"usr_{n}", offer_id=f"off_{n}", eta_seconds=60)
            for n in range(10)
        ),
        return_exceptions=True,
    )
    assert won.count(True) == 1
    assert (await world.get(rescue.id)).driver_id == f"usr_{won.index(True)}"


async def test_ended_or_unknown_rescue_cannot_be_accepted(world: World) -> None:
    rescue = await world.assigned()
    await world.service.act(rescue.id, CANCEL, RIDER)
    assert not await world.service.assign(rescue.id, driver_id="usr_driver", offer_id="off_1")
    assert not await world.service.assign("res_qc_none", driver_id="usr_driver", offer_id="off_1")
    assert await world.service.driver_of(rescue.id) is None
    assert not await world.service.rescue_is_live(rescue.id)


async def test_an_exchange_gives_the_rescue_to_the_better_driver_once(world: World) -> None:
    rescue = await world.assigned()

    async def exchange(driver_id: str, offer_id: str) -> bool:
        return await world.service.exchange(rescue.id, driver_id=driver_id, offer_id=offer_id, eta_seconds=90)

    assert await exchange("usr_better", "off_b")
    assert await exchange("usr_better", "off_b")
    assert not await exchange("usr_best", "off_c")
    assert await world.service.driver_of(rescue.id) == "usr_better"


# --- the clock ---------------------------------------------------------------------------------


async def test_hold_timeout_rejects_the_rescue(world: World) -> None:
    rescue = await world.request()
    world.pass_time(299)
    await world.service.on_deadline(rescue.id)
    assert (await world.get(rescue.id)).status == "requested"
    world.pass_time(1)
    await asyncio.gather(*(world.service.on_deadline(rescue.id) for _ in range(3)))
    rescue = await world.get(rescue.id)
    assert (rescue.status, rescue.reason) == ("rejected", "payment_timeout")
    assert len([e for e in world.events if isinstance(e.event, RescueRejected)]) == 1


async def test_search_without_acceptance_ends_unserved_once(world: World) -> None:
    rescue = await world.matching()
    world.pass_time(480)
    await asyncio.gather(*(world.service.on_deadline(rescue.id) for _ in range(3)))
    await world.settle()
    assert (await world.get(rescue.id)).status == "unserved"
    assert len([e for e in world.events if isinstance(e.event, RescueUnserved)]) == 1
    assert await live_rescue(world.store) is None


async def test_deadline_of_an_earlier_search_does_not_end_a_later_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read as due, then taken and given up by a driver before the deadline acts."""
    rescue = await world.matching()
    world.pass_time(480)
    read = world.rescues.get

    async def slow(rescue_id: str) -> Rescue | None:
        monkeypatch.undo()
        found = await read(rescue_id)
        await world.service.assign(rescue_id, driver_id="usr_driver", offer_id="off_1")
        await world.service.act(rescue_id, Release(reason="breakdown"), DRIVER)
        return found

    monkeypatch.setattr(world.rescues, "get", slow)
    await world.service.on_deadline(rescue.id)
    searched = await world.get(rescue.id)
    assert (searched.status, searched.matching_entry) == ("matching", 2)


async def test_deadline_after_the_acceptance_does_nothing(world: World) -> None:
    rescue = await world.assigned()
    world.pass_time(3600)
    await world.service.on_deadline(rescue.id)
    assert await world.get(rescue.id) == rescue


async def test_scheduled_rescue_starts_on_time(world: World) -> None:
    booked = await world.request(scheduled_for=NOW + timedelta(hours=1))
    assert booked.status == "scheduled"
    assert await live_rescue(world.store) is None
    await world.service.on_deadline(booked.id)
    assert (await world.get(booked.id)).status == "scheduled"
    world.pass_time(3600)
    await asyncio.gather(*(world.service.on_deadline(booked.id) for _ in range(3)))
    await world.settle()
    woken = await world.get(booked.id)
    assert (woken.status, woken.version) == ("requested", 2)
    assert woken.due_at == NOW + timedelta(hours=1, minutes=5)
    assert await live_rescue(world.store) == booked.id


async def test_scheduled_rescue_that_starts_during_another_is_rejected(world: World) -> None:
    booked = await world.request(1, scheduled_for=NOW + timedelta(hours=1))
    world.pass_time(3590)
    other = await world.request(2)
    world.pass_time(10)
    await world.service.on_deadline(booked.id)
    await world.settle()
    booked = await world.get(booked.id)
    assert (booked.status, booked.reason) == ("rejected", "rider_has_live_rescue")
    assert await live_rescue(world.store) == other.id


async def test_cancelling_a_scheduled_rescue_as_it_starts_releases_the_rider(world: World) -> None:
    booked = await world.request(scheduled_for=NOW + timedelta(hours=1))
    world.pass_time(3600)

    class CancelledMeanwhile:
        async def claim(self, rider_id: str, rescue_id: str) -> None:
            await world.riders.claim(rider_id, rescue_id)
            await world.service.act(rescue_id, CANCEL, RIDER)
            await world.settle()
            await world.riders.claim(rider_id, rescue_id)  # as if the claim had come after the end

        async def release(self, rider_id: str, rescue_id: str) -> None:
            await world.riders.release(rider_id, rescue_id)

        async def confirm(self, rider_id: str, rescue_id: str) -> bool:
            raise AssertionError("nothing to confirm")

        async def claimed_by(self, rider_id: str) -> str | None:
            raise AssertionError("nobody else has the rider")

    await world.another_service(claims=CancelledMeanwhile()).on_deadline(booked.id)
    assert (await world.get(booked.id)).status == "cancelled"
    assert await live_rescue(world.store) is None
    assert len([e for e in world.events if isinstance(e.event, RescueCancelled)]) == 1
