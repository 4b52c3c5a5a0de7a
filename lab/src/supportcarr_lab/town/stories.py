"""The course of each rescue: who does what, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.carrying import CarryingNeeds, VehicleSpec
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.ids import OFFER
from supportcarr.contracts.value_objects import DriverSighting, Leg
from supportcarr.rescues.commands import (
    Abort,
    Arrive,
    Assign,
    Cancel,
    Complete,
    ConfirmFix,
    Depart,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Reject,
    Release,
    RenewPin,
    Start,
)
from supportcarr_lab.town.options import Dice, seconds_after
from supportcarr_lab.town.photos import Camera
from supportcarr_lab.town.pictures import VARIANTS
from supportcarr_lab.town.records import DISPATCH_RULES, RESCUE_RULES, RescueRecord

STORIES = (
    ("delivered", 655),
    ("fixed_confirmed", 50),
    ("fixed_pin", 40),
    ("cancelled_early", 45),
    ("cancelled_soon", 25),
    ("cancelled_late", 30),
    ("cancelled_by_operator", 10),
    ("released", 30),
    ("exchanged", 5),
    ("no_show", 20),
    ("aborted", 15),
    ("disputed", 8),
    ("pin_locked", 5),
    ("unserved", 25),
    ("card_declined", 22),
    ("payment_timeout", 5),
)  # fmt: skip
PHOTOGRAPHED_PART = 0.025
_DAMAGE = ("A scratch on the frame.", "The left brake lever is bent.", "The mudguard is broken.")
DOUBTFUL_PART = 0.02  # of the arrivals: the phone does not say where it is


class WorkingDriver(Protocol):
    """A driver who can take a rescue.  Implemented by ``dispatching.Worker``."""

    id: str
    vehicle_id: str
    vehicle: VehicleSpec
    free_at: datetime
    missed: int
    place: GeoPoint


class Drivers(Protocol):
    """Implemented by ``dispatching.Dispatching``."""

    def pick(
        self, at: datetime, pickup: GeoPoint, needs: CarryingNeeds, trip: Leg, without: set[str]
    ) -> tuple[WorkingDriver, Leg] | None:
        """A driver who is free for the whole job, and the route to the pickup; ``None``: nobody is."""


class Story:
    """Plays one rescue to its end."""

    def __init__(
        self,
        record: RescueRecord,
        drivers: Drivers,
        needs: CarryingNeeds,
        support: Actor,
        dice: Dice,
        camera: Camera,
        rng: Random,
    ) -> None:
        self._record, self._drivers, self._needs = record, drivers, needs
        self._support, self._dice, self._camera, self._rng = support, dice, camera, rng
        self._photographed = rng.random() < PHOTOGRAPHED_PART
        self._bike = rng.randrange(VARIANTS)  # how it looks in photos
        self._rider = Actor("rider", record.rescue.rider_id)
        self._asked: set[str] = {record.rescue.rider_id}
        self._quote = record.rescue.quote
        self._trip = Leg(self._quote.distance_m, self._quote.duration_s)
        self._driver: WorkingDriver | None = None
        self._leg = Leg(0, 0)

    def play(self, story: str, intent_id: str, customer: str, method: str, at: datetime) -> datetime:
        """Play from the request at that time; returns when it ended."""
        record = self._record
        at = self._later(at, 0.2, 1.5)
        record.begin_hold(customer, method, at)
        at = self._later(at, 0.5, 3)
        if story == "card_declined":
            record.hold_outcome(intent_id, "requires_payment_method", at, "card_declined")
        elif story == "payment_timeout":
            record.hold_outcome(intent_id, "requires_action", at)
            due = record.rescue.due_at
            assert due is not None, "the hold has an end"
            at = due
            record.act(Reject(reason="payment_timeout"), SYSTEM, at)
        else:
            record.hold_outcome(intent_id, "requires_capture", at)
            at = self._matched(story, at)
        if self._driver is not None:
            self._driver.free_at = at
        record.settle(self._later(at, 0.5, 3))
        return at

    def _later(self, at: datetime, least: float, most: float) -> datetime:
        return seconds_after(at, self._rng, least, most)

    # --- finding a driver -------------------------------------------------------------------------

    def _matched(self, story: str, at: datetime) -> datetime:
        if story == "cancelled_early":
            return self._cancel(self._later(at, 10, 100), self._rider)
        accepted = None if story == "unserved" else self._find_driver(at)
        if accepted is None:
            return self._unserved(at)
        course = _COURSES.get(story, Story._delivered)
        return course(self, accepted)

    def _find_driver(self, at: datetime) -> datetime | None:
        """Make offers until somebody accepts; ``None``: nobody does."""
        at = self._refusals(at, self._rng.choices((0, 1, 2, 3), (72, 18, 7, 3))[0])
        picked = self._pick(at)
        if picked is None:
            return None
        driver, leg = picked
        offer = self._record.offer(self._offer_id(at, driver.id), driver.id, leg, at)
        accepted = self._later(at, 2, 12)
        command = Assign(
            driver_id=driver.id, vehicle_id=driver.vehicle_id, offer_id=offer.id, eta_seconds=leg.duration_s
        )
        self._record.accept_offer(offer, command, accepted)
        self._take(driver, leg)
        return accepted

    def _refusals(self, at: datetime, number: int) -> datetime:
        for _ in range(number):
            picked = self._pick(at)
            if picked is None:
                break
            driver, leg = picked
            offer = self._record.offer(self._offer_id(at, driver.id), driver.id, leg, at)
            if driver.missed < DISPATCH_RULES.missed_offers - 1 and self._rng.random() < 0.3:
                at = at + timedelta(seconds=DISPATCH_RULES.offer_seconds)
                self._record.close_offer(offer, "expire", at)
                driver.missed += 1
            else:
                at = self._later(at, 2, 12)
                self._record.close_offer(offer, "decline", at)
                driver.missed = 0
            driver.free_at = at
            at = self._later(at, 0.05, 0.4)
        return at

    def _pick(self, at: datetime) -> tuple[WorkingDriver, Leg] | None:
        picked = self._drivers.pick(at, self._quote.pickup.point, self._needs, self._trip, self._asked)
        if picked is not None:
            self._asked.add(picked[0].id)
        return picked

    def _take(self, driver: WorkingDriver, leg: Leg) -> None:
        driver.missed = 0
        driver.free_at = datetime.max.replace(tzinfo=driver.free_at.tzinfo)
        self._driver, self._leg = driver, leg

    def _offer_id(self, at: datetime, driver_id: str) -> str:
        return self._dice.new_id(OFFER, at, self._record.rescue.id, driver_id)

    def _unserved(self, at: datetime) -> datetime:
        self._refusals(self._later(at, 1, 4), self._rng.randint(0, 3))
        due = self._record.rescue.due_at
        assert due is not None, "the search has an end"
        self._record.act(LeaveUnserved(), SYSTEM, due)
        return due

    # --- steps ------------------------------------------------------------------------------------

    @property
    def _by_driver(self) -> Actor:
        assert self._driver is not None, "a driver has it"
        return Actor("driver", self._driver.id)

    def _seen(self, place: GeoPoint) -> DriverSighting | None:
        return None if self._rng.random() < DOUBTFUL_PART else DriverSighting(place)

    def _depart(self, at: datetime) -> datetime:
        at = self._later(at, 15, 90)
        self._record.act(Depart(), self._by_driver, at)
        return at

    def _arrive(self, at: datetime) -> datetime:
        at = self._depart(at)
        drive = self._leg.duration_s
        at = self._later(at, 0.85 * drive, 1.25 * drive + 30)
        pickup = self._quote.pickup.point
        self._record.act(Arrive(seen=self._seen(pickup)), self._by_driver, at)
        assert self._driver is not None
        self._driver.place = pickup
        return at

    def _start(self, at: datetime) -> datetime:
        if self._photographed:
            self._camera.take(self._record, self._by_driver, "before", self._later(at, 20, 60), self._bike)
        at = self._later(at, 90, 420)
        self._record.act(Start(pin=self._record.rescue.pin), self._by_driver, at)
        return at

    def _cancel(self, at: datetime, by: Actor) -> datetime:
        reasons = ("changed_my_mind", "fixed_it", "found_help", "waits_too_long", "My friend picks me up.")
        reason = "rider_called" if by.is_operator else self._rng.choice(reasons)
        self._record.act(Cancel(reason=reason), by, at)
        return at

    # --- courses ----------------------------------------------------------------------------------

    def _delivered(self, at: datetime) -> datetime:
        return self._deliver(self._start(self._arrive(at)))

    def _deliver(self, at: datetime) -> datetime:
        drive = self._trip.duration_s
        at = self._later(at, 0.85 * drive, 1.25 * drive + 60)
        dropoff = self._quote.dropoff.point
        self._record.act(Complete(outcome="delivered", seen=self._seen(dropoff)), self._by_driver, at)
        assert self._driver is not None
        self._driver.place = dropoff
        if self._photographed:
            self._photos_of_after(at)
        return at

    def _photos_of_after(self, at: datetime) -> None:
        """The driver takes one at once; some riders take one within the hour, and a few see damage."""
        self._camera.take(self._record, self._by_driver, "after", self._later(at, 5, 60), self._bike)
        if self._rng.random() < 0.4:
            damage = self._rng.choice(_DAMAGE) if self._rng.random() < 0.1 else None
            later = self._later(at, 60, 3_600)
            self._camera.take(self._record, self._rider, "after", later, self._bike, damage=damage)

    def _pin_locked(self, at: datetime) -> datetime:
        at = self._arrive(at)
        wrong = "0000" if self._record.rescue.pin != "0000" else "0001"
        for _ in range(RESCUE_RULES.pin_tries):
            at = self._later(at, 5, 15)
            self._record.act(Start(pin=wrong), self._by_driver, at)
        at = self._later(at, 30, 120)
        self._record.act(RenewPin(pin=f"{self._rng.randint(0, 9_999):04d}"), self._rider, at)
        return self._deliver(self._start(at))

    def _fix(self) -> int:
        return int(self._quote.total_minor * self._rng.uniform(0.4, 0.8)) // 100 * 100

    def _fixed_confirmed(self, at: datetime) -> datetime:
        at = self._later(self._arrive(at), 240, 1_200)
        complete = Complete(outcome="fixed_on_spot", price_minor=self._fix())
        self._record.act(complete, self._by_driver, at)
        at = self._later(at, 5, 60)
        assert complete.price_minor is not None
        self._record.act(ConfirmFix(price_minor=complete.price_minor), self._rider, at)
        at = self._later(at, 2, 15)
        self._record.act(complete, self._by_driver, at)
        return at

    def _fixed_pin(self, at: datetime) -> datetime:
        at = self._later(self._arrive(at), 240, 1_200)
        complete = Complete(outcome="fixed_on_spot", price_minor=self._fix(), pin=self._record.rescue.pin)
        self._record.act(complete, self._by_driver, at)
        return at

    def _cancelled_soon(self, at: datetime) -> datetime:
        return self._cancel(self._later(at, 20, 110), self._rider)

    def _cancelled_late(self, at: datetime) -> datetime:
        return self._cancel(self._later(self._depart(at), 125, 400), self._rider)

    def _cancelled_by_operator(self, at: datetime) -> datetime:
        return self._cancel(self._later(self._depart(at), 30, 400), self._support)

    def _released(self, at: datetime) -> datetime:
        at = self._later(self._depart(at), 40, 240)
        reason = self._rng.choice(("breakdown", "too_far", "traffic", "emergency", "does_not_fit"))
        self._record.act(Release(reason=reason), self._by_driver, at)
        assert self._driver is not None
        self._driver.free_at, self._driver = at, None
        again = self._find_driver(self._later(at, 1, 4))
        return self._unserved(at) if again is None else self._delivered(again)

    def _exchanged(self, at: datetime) -> datetime:
        at = self._later(at, 20, 60)
        picked = self._pick(at)
        if picked is None:
            return self._delivered(at)
        driver, leg = picked
        command = Exchange(driver_id=driver.id, vehicle_id=driver.vehicle_id, eta_seconds=leg.duration_s)
        self._record.act(command, self._support, at)
        assert self._driver is not None
        self._driver.free_at = at
        self._take(driver, leg)
        return self._delivered(at)

    def _no_show(self, at: datetime) -> datetime:
        at = self._later(self._arrive(at), RESCUE_RULES.no_show_seconds, RESCUE_RULES.no_show_seconds + 240)
        self._record.act(MarkNoShow(seen=self._seen(self._quote.pickup.point)), self._by_driver, at)
        return at

    def _aborted(self, at: datetime) -> datetime:
        at = self._later(self._arrive(at), 60, 480)
        reason = self._rng.choice(("unsafe", "not_as_described", "rider_refused", "breakdown"))
        self._record.act(Abort(reason=reason), self._by_driver, at)
        return at

    def _disputed(self, at: datetime) -> datetime:
        """Rider and driver disagree under way; an operator sets what the rider pays."""
        self._photographed = True
        at = self._later(self._start(self._arrive(at)), 120, 600)
        seen = self._rng.choice(_DAMAGE)
        before = at - timedelta(seconds=self._rng.randint(20, 60))
        self._camera.take(self._record, self._rider, "after", before, self._bike, damage=seen)
        reason = "They disagree about a scratch; half of the price was agreed on the phone."
        amount = self._rng.choice((0, self._quote.total_minor // 2))
        self._record.act(Abort(reason=reason, amount_minor=amount or None), self._support, at)
        return at


_COURSES: dict[str, Callable[[Story, datetime], datetime]] = {
    name: getattr(Story, f"_{name}")
    for name, _ in STORIES
    if name not in ("cancelled_early", "unserved", "card_declined", "payment_timeout")
}
