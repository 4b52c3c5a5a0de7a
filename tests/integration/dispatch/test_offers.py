"""Offers over the real store: which driver gets one, in which order, and the effects of a response."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.dispatch.world import (
    OTHER_RESCUE,
    PICKUP,
    RESCUE,
    RIDER,
    DispatchWorld,
    assert_consistent,
    north,
)
from supportcarr.contracts.carrying import VehicleSpec, carrying_needs
from supportcarr.contracts.errors import Conflict, NotFound
from supportcarr.contracts.events import DriverStandingChanged
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.dispatch.errors import HoursAreOver
from supportcarr.dispatch.roster import JobClaim, RosterEntry
from supportcarr.kit.store.port import Store


@pytest.fixture
def city(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def test_the_nearest_free_driver_is_offered_the_job(city: DispatchWorld) -> None:
    await city.driver("usr_far", 3000)
    await city.driver("usr_near", 800)

    await city.wait_for_driver()

    offer = await city.only_open_offer()
    assert (offer.driver_id, offer.rescue_id, offer.pickup) == ("usr_near", RESCUE, PICKUP)
    assert offer.distance_m == pytest.approx(800 * 1.35, abs=2)
    assert offer.pay_minor == 2355
    assert (offer.expires_at - city.now).total_seconds() == 15
    assert [o.id for o in await city.dispatch.open_offers("usr_near")] == [offer.id]
    assert await city.dispatch.open_offers("usr_far") == []


async def test_repeated_searches_make_one_offer_per_rescue(city: DispatchWorld) -> None:
    await city.driver("usr_a", 100)
    await city.driver("usr_b", 200)
    event = await city.matching()
    for _ in range(3):
        await city.dispatch.follow_rescue(event)
    assert await city.offered_to() == "usr_a"
    assert len(city.offers_made()) == 1


async def test_drivers_who_are_offline_unapproved_unknown_or_the_rider_get_no_offer(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_offline")
    await city.set_standing("usr_offline", online=False)
    await city.driver("usr_suspended")
    await city.set_standing("usr_suspended", online=True, approved=False)
    await city.driver(RIDER)
    city.positions.at["usr_unknown"] = north(10)

    await city.wait_for_driver()

    assert await city.open_offers() == []


async def test_an_offer_cannot_be_accepted_once_the_driver_s_papers_have_expired(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.set_standing("usr_d", online=True, documents_until=city.now + timedelta(seconds=5))
    await city.wait_for_driver()
    offer = await city.only_open_offer()
    city.pass_time(5)
    with pytest.raises(Conflict) as refused:
        await city.dispatch.accept_offer("usr_d", offer.id)
    assert refused.value.code == "documents_not_valid"
    assert (await city.rescue()).driver_id is None


async def test_accepting_assigns_the_rescue_and_takes_the_driver(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()

    accepted = await city.dispatch.accept_offer("usr_d", offer.id)
    await city.deliver()

    assert accepted.state == "accepted"
    assert (await city.rescue()).driver_id == "usr_d"
    entry = await city.entry("usr_d")
    assert entry.job is not None
    assert (entry.job.rescue_id, entry.job.confirmed, entry.offer) == (RESCUE, True, None)
    assert (await city.case()).state == "closed"
    assert city.outcomes() == [("usr_d", "accepted")]
    await assert_consistent(city)


async def test_accepting_or_declining_twice_gets_the_same_response_and_changes_nothing(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_a", 100)
    await city.driver("usr_b", 200)
    await city.wait_for_driver()
    first = await city.only_open_offer()
    declined = await city.dispatch.decline_offer("usr_a", first.id)
    assert await city.dispatch.decline_offer("usr_a", first.id) == declined
    second = await city.only_open_offer()
    accepted = await city.dispatch.accept_offer("usr_b", second.id)
    assert await city.dispatch.accept_offer("usr_b", second.id) == accepted
    assert city.outcomes() == [("usr_a", "declined"), ("usr_b", "accepted")]
    with pytest.raises(Conflict) as refused:
        await city.dispatch.accept_offer("usr_a", first.id)
    assert refused.value.code == "offer_closed"
    with pytest.raises(Conflict):
        await city.dispatch.decline_offer("usr_b", second.id)


async def test_an_offer_to_another_driver_is_not_found(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()
    for verb in (city.dispatch.accept_offer, city.dispatch.decline_offer):
        with pytest.raises(NotFound):
            await verb("usr_other", offer.id)
        with pytest.raises(NotFound):
            await verb("usr_d", "off_unknown")
    assert (await city.only_open_offer()) == offer


async def test_decline_makes_an_offer_to_the_next_driver_at_once(city: DispatchWorld) -> None:
    for metres in (100, 200, 300):
        await city.driver(f"usr_{metres}", metres)
    await city.wait_for_driver()
    for metres in (100, 200):
        offer = await city.only_open_offer()
        await city.dispatch.decline_offer(f"usr_{metres}", offer.id)
    assert await city.offered_to() == "usr_300"
    await city.dispatch.decline_offer("usr_300", (await city.only_open_offer()).id)
    await city.run_for(120)
    assert len(city.offers_made()) == 3, "a driver who declined gets no second offer"


async def test_acceptance_is_decided_by_the_end_of_the_offer_not_by_its_timer(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()
    city.pass_time(15)
    assert await city.dispatch.open_offers("usr_d") == []
    with pytest.raises(Conflict) as refused:
        await city.dispatch.accept_offer("usr_d", offer.id)
    assert refused.value.code == "offer_closed"
    with pytest.raises(Conflict):
        await city.dispatch.decline_offer("usr_d", offer.id)


async def test_expired_offer_goes_to_the_next_driver_and_later_to_the_first(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_a", 100)
    await city.driver("usr_b", 200)
    await city.wait_for_driver()
    await city.run_for(16)
    assert await city.offered_to() == "usr_b"
    await city.run_for(16)
    assert await city.offered_to() is None, "usr_a has just missed an offer"
    await city.run_for(25)
    assert [d for _, d in city.offers_made()] == ["usr_a", "usr_b", "usr_a"]
    assert city.outcomes()[:2] == [("usr_a", "expired"), ("usr_b", "expired")]


async def test_three_missed_offers_put_a_driver_offline(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    await city.run_for(200)
    assert city.offline == [("usr_d", "missed_offers")]
    assert city.outcomes() == [("usr_d", "expired")] * 3
    entry = await city.entry("usr_d")
    assert (entry.online, entry.missed) == (False, 0)


async def test_response_resets_the_count_of_missed_offers(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    for rescue in ("res_qc_a", "res_qc_b"):
        await city.wait_for_driver(rescue)
        await city.run_for(16)
        await city.cancel(rescue)
    assert (await city.entry("usr_d")).missed == 2
    await city.wait_for_driver()
    await city.dispatch.decline_offer("usr_d", (await city.only_open_offer()).id)
    assert (await city.entry("usr_d")).missed == 0


async def test_the_search_widens_until_it_finds_a_driver(city: DispatchWorld) -> None:
    await city.driver("usr_far", 20_000)
    await city.wait_for_driver()
    assert await city.offered_to() is None
    await city.run_for(18)
    assert await city.offered_to() == "usr_far"


async def test_no_driver_beyond_the_largest_radius_gets_an_offer_and_the_search_ends_in_time(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_away", 30_000)
    await city.wait_for_driver()
    await city.run_for(9 * 60, step=2)
    assert city.offers_made() == []
    assert (await city.case()).due_at is None


async def test_a_driver_who_goes_offline_loses_the_open_offer_and_the_next_gets_one(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_a", 100)
    await city.driver("usr_b", 200)
    await city.wait_for_driver()
    await city.set_standing("usr_a", online=False)
    assert await city.offered_to() == "usr_b"
    assert city.outcomes() == [("usr_a", "withdrawn")]
    assert (await city.entry("usr_a")).offer is None


async def test_outdated_standing_is_ignored(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.set_standing("usr_d", online=False)
    first = DriverStandingChanged(driver_id="usr_d", approved=True, online=True)
    await city.dispatch.follow_driver(city.envelope(first, "usr_d", 1))
    assert not (await city.entry("usr_d")).online


async def test_a_cancelled_rescue_withdraws_its_offer(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()
    event = await city.cancellation()
    await city.dispatch.follow_rescue(event)
    await city.dispatch.follow_rescue(event)
    assert city.outcomes() == [("usr_d", "withdrawn")]
    assert (await city.case()).state == "closed"
    with pytest.raises(Conflict):
        await city.dispatch.accept_offer("usr_d", offer.id)
    await city.run_for(60)
    assert len(city.offers_made()) == 1
    await assert_consistent(city)


async def test_accepting_for_a_rescue_that_was_cancelled_at_that_moment_is_refused(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()
    event = await city.cancellation()  # stored, but not delivered yet
    with pytest.raises(Conflict) as refused:
        await city.dispatch.accept_offer("usr_d", offer.id)
    assert refused.value.code == "offer_closed"
    await city.dispatch.follow_rescue(event)
    assert city.outcomes() == [("usr_d", "withdrawn")]
    assert (await city.entry("usr_d")).is_free
    await assert_consistent(city)


async def test_the_end_of_a_rescue_frees_its_driver_for_the_next(city: DispatchWorld) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    await city.dispatch.accept_offer("usr_d", (await city.only_open_offer()).id)
    await city.deliver()
    await city.wait_for_driver(OTHER_RESCUE)
    assert await city.offered_to() is None, "the driver is on a job"
    await city.cancel()
    await city.run_for(5)
    assert (await city.only_open_offer()).rescue_id == OTHER_RESCUE


async def test_a_repeated_end_of_one_rescue_does_not_free_the_driver_of_the_next(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    await city.dispatch.accept_offer("usr_d", (await city.only_open_offer()).id)
    await city.deliver()
    ended = await city.cancellation()
    await city.dispatch.follow_rescue(ended)
    await city.wait_for_driver(OTHER_RESCUE)
    await city.dispatch.accept_offer("usr_d", (await city.only_open_offer()).id)
    await city.deliver()
    await city.dispatch.follow_rescue(ended)
    job = (await city.entry("usr_d")).job
    assert job is not None
    assert job.rescue_id == OTHER_RESCUE


async def test_a_driver_who_gives_up_is_free_and_gets_no_second_offer(city: DispatchWorld) -> None:
    await city.driver("usr_a", 100)
    await city.driver("usr_b", 200)
    await city.wait_for_driver()
    await city.dispatch.accept_offer("usr_a", (await city.only_open_offer()).id)
    await city.deliver()
    again = await city.matching(given_up_by="usr_a")
    await city.dispatch.follow_rescue(again)
    assert (await city.entry("usr_a")).is_free
    assert await city.offered_to() == "usr_b"
    await city.dispatch.accept_offer("usr_b", (await city.only_open_offer()).id)
    await city.deliver()
    await city.dispatch.follow_rescue(again)
    assert (await city.rescue()).driver_id == "usr_b"
    assert (await city.case()).state == "closed", "a repeated event does not reopen the case"
    assert (await city.case()).entry == 2
    await assert_consistent(city)


async def test_who_declined_or_gave_up_a_rescue_is_not_asked_again_in_any_later_entry(
    city: DispatchWorld,
) -> None:
    for metres in (100, 200, 300):
        await city.driver(f"usr_{metres}", metres)
    await city.wait_for_driver()
    await city.dispatch.decline_offer("usr_100", (await city.only_open_offer()).id)
    for driver_id in ("usr_200", "usr_300"):
        assert await city.offered_to() == driver_id
        await city.dispatch.accept_offer(driver_id, (await city.only_open_offer()).id)
        await city.deliver()
        await city.wait_for_driver(given_up_by=driver_id)
    await city.run_for(120)
    assert [driver_id for _, driver_id in city.offers_made()] == ["usr_100", "usr_200", "usr_300"]
    await city.wait_for_driver(OTHER_RESCUE)
    assert await city.offered_to() == "usr_100", "another rescue is another question"


async def test_a_late_release_event_does_not_free_a_driver_who_has_the_rescue_again(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_a", 100)
    await city.wait_for_driver()
    await city.dispatch.accept_offer("usr_a", (await city.only_open_offer()).id)
    await city.deliver()
    gave_up = await city.matching(given_up_by="usr_a")
    await city.dispatch.follow_rescue(gave_up)
    again = JobClaim(
        rescue_id=RESCUE, entry=3, offer_id="off_again", area_id="montreal", confirmed=True, until=city.now
    )
    await city.roster.save(replace(await city.entry("usr_a"), job=again))
    await city.dispatch.follow_rescue(gave_up)
    assert (await city.entry("usr_a")).job == again


async def test_supply_has_the_nearest_free_driver_and_the_busy_count(city: DispatchWorld) -> None:
    supply = city.supply
    assert await supply.eta_seconds("montreal", PICKUP) is None
    await city.driver("usr_near", 1000)
    await city.driver("usr_far", 2000)
    near, far = 162, 324  # 1.35 road metres a metre at 30 km/h
    assert await supply.eta_seconds("montreal", PICKUP) == pytest.approx(near, abs=1)
    await city.wait_for_driver()
    assert await supply.eta_seconds("montreal", PICKUP) == pytest.approx(far, abs=1)
    await city.dispatch.accept_offer("usr_near", (await city.only_open_offer()).id)
    counts = await supply.online_counts("montreal")
    assert (counts.online, counts.busy) == (2, 1)


async def test_a_free_driver_is_found_behind_however_many_busy_ones(city: DispatchWorld) -> None:
    for n in range(300):
        city.positions.at[f"usr_busy{n:03d}"] = north(100 + n)
    for n in range(300):
        job = JobClaim(
            rescue_id=OTHER_RESCUE,
            entry=1,
            offer_id=f"off_{n}",
            area_id="montreal",
            confirmed=True,
            until=city.now + timedelta(hours=1),
        )
        await city.roster.insert(RosterEntry(id=f"usr_busy{n:03d}", approved=True, online=True, job=job))
    assert await city.supply.eta_seconds("montreal", PICKUP) is None
    await city.driver("usr_free", 2000)

    assert await city.supply.eta_seconds("montreal", PICKUP) is not None
    await city.wait_for_driver()
    assert await city.offered_to() == "usr_free"


async def test_a_driver_who_missed_an_offer_is_asked_after_all_others_in_the_radius(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_slow", 100)
    await city.wait_for_driver()
    assert await city.offered_to() == "usr_slow"
    for n in range(120):  # drivers unknown to dispatch
        city.positions.at[f"usr_unknown{n:03d}"] = north(200 + n)
    await city.driver("usr_other", 2000)
    await city.run_for(15)
    assert await city.offered_to() == "usr_other"
    await city.run_for(60)
    assert [driver_id for _, driver_id in city.offers_made()][:3] == ["usr_slow", "usr_other", "usr_slow"]


TRUCK = VehicleSpec(type="pickup", bed_length_cm=180, tie_downs=2)
VAN = replace(TRUCK, type="van")


async def test_a_job_is_offered_to_the_nearest_driver_whose_vehicle_can_carry_it(city: DispatchWorld) -> None:
    for driver_id, metres, vehicle in (
        ("usr_van", 100, VAN),
        ("usr_truck", 500, TRUCK),
        ("usr_long", 900, replace(TRUCK, bed_length_cm=250, ramp=True)),
    ):
        city.positions.at[driver_id] = north(metres)
        await city.set_standing(driver_id, online=True, vehicle=vehicle)
    cargo = carrying_needs("rescue", None, BikeLoad(type="cargo"))
    assert await city.supply.eta_seconds("montreal", PICKUP, cargo) == pytest.approx(146, abs=1)

    await city.dispatch.follow_rescue(await city.matching(problem="damaged_battery"))
    assert await city.offered_to() == "usr_truck"
    await city.dispatch.follow_rescue(await city.matching(OTHER_RESCUE, bike=BikeLoad(type="cargo")))
    assert sorted(city.offers_made()) == [(RESCUE, "usr_truck"), (OTHER_RESCUE, "usr_long")]


async def test_an_offer_passes_on_if_its_driver_changes_to_a_vehicle_that_cannot_carry_it(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_a", 100)
    await city.driver("usr_b", 200)
    await city.dispatch.follow_rescue(await city.matching(problem="damaged_battery"))
    assert await city.offered_to() == "usr_a"
    await city.set_standing("usr_a", online=True, vehicle=TRUCK)
    assert await city.offered_to() == "usr_a"
    await city.set_standing("usr_a", online=True, vehicle=VAN)
    assert await city.offered_to() == "usr_b"
    await assert_consistent(city)


async def test_an_offer_cannot_be_accepted_once_the_driver_s_hours_are_over(city: DispatchWorld) -> None:
    await city.driver("usr_a")
    await city.set_standing("usr_a", online=True, hours_until=city.now + timedelta(seconds=5))
    await city.wait_for_driver()
    offer = await city.only_open_offer()
    city.pass_time(5)
    with pytest.raises(HoursAreOver):
        await city.dispatch.accept_offer("usr_a", offer.id)
    await city.driver("usr_b", 900)
    await city.run_for(15)
    assert await city.offered_to() == "usr_b"
    await assert_consistent(city)
