"""Shifts over the real store: availability, deadlines, what is shown, and races."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import DriverHoursEnding, DriverShiftChanged, DriverStandingChanged
from supportcarr.contracts.value_objects import EarnedSum, Person
from supportcarr.drivers.applications.commands import Approve
from supportcarr.drivers.collections import SHIFTS
from supportcarr.drivers.commands import AddVehicle, Apply
from supportcarr.drivers.errors import OnJob, RestRequired
from supportcarr.drivers.handlers import consumers
from supportcarr.drivers.model import DriverProfile
from supportcarr.drivers.personal_data import DriverData
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shift_service import ShiftService
from supportcarr.drivers.vehicle_service import VehicleService
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Range, Store

DRIVER = Actor("driver", "usr_driver")
OPERATOR = Actor("support", "usr_support")
START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)  # eight in the morning in Montréal


class City:
    """A driver's shifts, with jobs and a clock in the hands of the test."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = START
        self.on_jobs: frozenset[str | None] = frozenset()
        self.standings: list[DriverStandingChanged] = []
        self.told: list[DriverHoursEnding] = []
        self._undelivered: list[EventEnvelope] = []
        clock = Clock(wall=lambda: self.now.timestamp())
        self.drivers = DriverService(store, clock, self, self, timezone="America/Toronto", area_id="montreal")
        self.garage = VehicleService(store, clock, self.drivers, self)
        self.shifts = ShiftService(store, clock, self.drivers, self, self, timezone="America/Toronto")
        store.subscribe(self._hear)

    async def person(self, user_id: str) -> Person:
        return Person(user_id, "Marie", "•••• 12")

    async def vehicles(self, driver_id: str) -> frozenset[str | None]:
        return self.on_jobs

    async def earned(self, driver_id: str, begins: datetime, ends: datetime) -> EarnedSum:
        assert ends - begins == timedelta(hours=24)
        return EarnedSum(3, 7065, "CAD")

    def _hear(self, _collection: str, _id: str, events: Any) -> None:
        self.standings += [e.event for e in events if isinstance(e.event, DriverStandingChanged)]
        self.told += [e.event for e in events if isinstance(e.event, DriverHoursEnding)]
        self._undelivered += [e for e in events if isinstance(e.event, DriverShiftChanged)]

    async def approve(self) -> None:
        papers = Apply(
            licence_class="5",
            licence_expires_on=date(2030, 1, 1),
            insurer="Intact",
            insurance_expires_on=date(2030, 1, 1),
        )
        await self.drivers.apply(DRIVER, "usr_driver", papers)
        truck = AddVehicle(
            type="pickup",
            make="Ford",
            model="F-150",
            colour="blue",
            plate="FAB 123",
            bed_length_cm=180,
            capacity=1,
            ramp=True,
            tie_downs=4,
            seats=1,
        )
        await self.garage.add(DRIVER, "usr_driver", truck, vehicle_id="veh_a")
        await self.drivers.review(OPERATOR, "usr_driver", Approve())

    async def set(self, online: bool, *, on_break: bool = False) -> DriverProfile:
        return await self.drivers.set_availability(DRIVER, "usr_driver", online, "veh_a", on_break=on_break)

    async def deliver(self, *, twice: bool = False) -> None:
        """Deliver what was published, newest first: the order must not matter."""
        await asyncio.sleep(0)
        record = next(
            c
            for c in consumers(self.drivers, self.garage, self.shifts, cast(Any, None), cast(Any, None))
            if c.name == "drivers.record_shift"
        )
        undelivered, self._undelivered = self._undelivered[::-1], []
        for envelope in undelivered * (2 if twice else 1):
            await record.handle(envelope)

    async def pass_time(self, hours: float) -> None:
        """Let time pass, firing deadlines every five minutes on the way."""
        ends = self.now + timedelta(hours=hours)
        while self.now < ends:
            self.now = min(self.now + timedelta(minutes=5), ends)
            await self.deliver()
            past = {"due_at": Range(lt=self.now + timedelta(microseconds=1))}
            for shift in (await self.store.collection(SHIFTS).find(past, sort="due_at")).items:
                await self.shifts.on_shift_due(shift.id)
            await self.deliver()

    async def profile(self) -> DriverProfile:
        return await self.drivers.profile("usr_driver")


@pytest.fixture
async def city(store: Store) -> City:
    city = City(store)
    await city.approve()
    return city


async def test_a_driver_drives_to_the_limit_finishes_the_job_and_rests(city: City) -> None:
    await city.set(online=True)
    assert city.standings[-1].hours_until == START + timedelta(hours=12)
    await city.pass_time(11.6)
    assert [told.minutes for told in city.told] == [30]
    city.on_jobs = frozenset({"veh_a"})
    await city.pass_time(1)
    assert (await city.profile()).online, "never in the middle of a job"
    city.on_jobs = frozenset()
    await city.pass_time(0.2)
    profile = await city.profile()
    assert (profile.online, profile.offline_reason) == (False, "hours_limit")
    assert (city.standings[-1].online, city.standings[-1].reason) == (False, "hours_limit")
    assert len(city.told) == 1

    with pytest.raises(RestRequired, match="again at 2026-06-02T"):
        await city.set(online=True)
    today = await city.shifts.today("usr_driver")
    assert (today.state, today.rest_until) == ("offline", profile.hours.stopped_at + timedelta(hours=8))  # type: ignore[operator]
    await city.pass_time(8)
    await city.set(online=True)
    await city.deliver()
    page = await city.shifts.shifts("usr_driver", 10, None)
    assert [shift.end_reason for shift in page.items] == [None, "hours_limit"]


async def test_a_break_gets_no_offers_and_is_not_driven(city: City) -> None:
    await city.set(online=True)
    await city.pass_time(2)
    await city.set(online=True, on_break=True)
    assert not city.standings[-1].online, "dispatch withdraws an open offer and makes no other"
    await city.pass_time(1)
    await city.set(online=True)
    assert city.standings[-1].online
    assert city.standings[-1].hours_until == START + timedelta(hours=13)
    await city.pass_time(1)
    today = await city.shifts.today("usr_driver")
    assert (today.online_seconds, today.break_seconds, today.driving_seconds) == (14_400, 3600, 10_800)
    assert (today.jobs, today.earned_minor, today.currency) == (3, 7065, "CAD")
    assert (today.date, today.state) == (date(2026, 6, 1), "online")
    await city.set(online=False)
    await city.deliver(twice=True)
    (shift,) = (await city.shifts.shifts("usr_driver", 10, None)).items
    assert [period.activity for period in shift.periods] == ["online", "break", "online"]
    assert (shift.began_at, shift.ended_at) == (START, city.now)


async def test_a_break_waits_for_the_end_of_a_job(city: City) -> None:
    await city.set(online=True)
    city.on_jobs = frozenset({"veh_a"})
    with pytest.raises(OnJob):
        await city.set(online=True, on_break=True)
    city.on_jobs = frozenset()
    await city.set(online=True, on_break=True)


async def test_a_job_finished_after_going_offline_counts_as_driven(city: City) -> None:
    await city.set(online=True)
    await city.pass_time(2)
    city.on_jobs = frozenset({"veh_a"})
    await city.set(online=False)
    await city.pass_time(1)
    city.on_jobs = frozenset()
    await city.pass_time(3)
    today = await city.shifts.today("usr_driver")
    assert today.driving_seconds == pytest.approx(3 * 3600, abs=310)
    (shift,) = (await city.shifts.shifts("usr_driver", 10, None)).items
    assert shift.due_at is None, "nothing is left to look at"


async def test_break_offline_and_the_limit_at_once_leave_one_consistent_shift(city: City) -> None:
    await city.set(online=True)
    await city.pass_time(11.9)
    city.now += timedelta(minutes=10)
    (shift,) = (await city.shifts.shifts("usr_driver", 10, None)).items
    await asyncio.gather(
        city.shifts.on_shift_due(shift.id),
        city.shifts.on_shift_due(shift.id),
        city.set(online=True, on_break=True),
        city.set(online=False),
        return_exceptions=True,
    )
    await city.deliver()
    profile = await city.profile()
    (stored,) = (await city.shifts.shifts("usr_driver", 10, None)).items
    assert profile.shift is not None
    assert stored.periods == profile.shift.periods
    assert (stored.ended_at is None) == profile.online
    ends = [period.ended_at for period in stored.periods]
    assert ends[:-1] == [period.began_at for period in stored.periods[1:]], "without a gap"
    assert not profile.online or city.standings[-1].online == (not profile.on_break)


async def test_shifts_are_exported_and_erased_with_the_person(city: City) -> None:
    await city.set(online=True)
    await city.pass_time(1)
    await city.set(online=False)
    await city.deliver()
    data = DriverData(city.store)
    assert len((await data.export("usr_driver"))["shifts"]) == 1
    await data.forget("usr_driver")
    assert (await city.shifts.shifts("usr_driver", 10, None)).items == []
