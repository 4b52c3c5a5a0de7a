"""Makes the town's documents, one after the other, and hands each to ``keep``."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.carrying import carrying_needs
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import OperatorActed
from supportcarr.contracts.ids import QUOTE, RESCUE
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.dispatch import collections as dispatch
from supportcarr.drivers import collections as drivers
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.model import notification_id
from supportcarr.notifications.texts import notification_texts
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.payments import collections as payments
from supportcarr.pricing.areas import MONTREAL, MONTREAL_TARIFF
from supportcarr.pricing.model import price
from supportcarr.providers.routing import StraightLineRouter
from supportcarr.providers.settings import RoutingSettings
from supportcarr.ratings import collections as ratings
from supportcarr.rescues import collections as rescues
from supportcarr.rescues.commands import RequestRescue, Wake
from supportcarr.riders import collections as riders
from supportcarr.tracking.collections import CURRENT_JOBS
from supportcarr.tracking.model import CurrentJob
from supportcarr_lab.town.dispatching import Dispatching
from supportcarr_lab.town.driver_lives import DriverLife, fate_of, live
from supportcarr_lab.town.drivers import DriverRecord
from supportcarr_lab.town.filled import Keep
from supportcarr_lab.town.opinions import Opinions
from supportcarr_lab.town.options import Dice, TownOptions, seconds_after, weighted
from supportcarr_lab.town.people import Townsperson, townspeople
from supportcarr_lab.town.photos import Camera
from supportcarr_lab.town.pictures import Pictures
from supportcarr_lab.town.places import TownMap
from supportcarr_lab.town.records import RescueRecord
from supportcarr_lab.town.riders import RiderRecord, rider_record
from supportcarr_lab.town.stories import STORIES, Story

OPERATORS = 3
NOTIFIED = timedelta(days=3)  # before the end; older notifications are left out, because they are many
LAST_REQUEST = timedelta(hours=1)  # before the end, so that no rescue is live then
BOOKED_PART = 0.03
BOOKINGS_AHEAD = 5  # bookings that wait at the end
PROBLEMS = (
    ("flat_tire", 38.0),
    ("dead_battery", 27.0),
    ("mechanical", 20.0),
    ("stranded", 8.0),
    ("accident", 3.0),
    ("other", 4.0),
)
_NOTES = ("The bell is broken, please call.", "I am with a child.", "Red bike, blue helmet.")


class Town:
    """The people of the town, and its rescues in order of time."""

    def __init__(
        self, options: TownOptions, routing: RoutingSettings, keep: Keep, pictures: Pictures
    ) -> None:
        self.options, self.dice, self._keep, self.pictures = options, Dice(options), keep, pictures
        self.map = TownMap()
        self._router = StraightLineRouter(routing)
        self._zone = ZoneInfo(MONTREAL.timezone)
        self.audited: list[EventEnvelope] = []
        self.counts: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.operators = townspeople(options, self.dice, "support", OPERATORS)
        self.drivers = townspeople(options, self.dice, "driver", options.drivers)
        self.rider_people = townspeople(options, self.dice, "rider", options.riders)
        support = Actor("support", self.operators[0].id)
        self.opinions = Opinions(options.ends_at, support, self.dice, self.listen)
        self._camera = Camera(options.ends_at, self.dice, pictures, keep)
        self.lives: list[DriverLife] = []
        self.riders: list[RiderRecord] = []
        self._jobs: dict[str, CurrentJob] = {}

    @property
    def everybody(self) -> list[Townsperson]:
        return [*self.operators, *self.drivers, *self.rider_people]

    def listen(self, envelope: EventEnvelope) -> None:
        """Keep what an event leads to beyond the documents that it came with."""
        if isinstance(envelope.event, OperatorActed):
            self.audited.append(envelope)
        if envelope.at >= self.options.ends_at - NOTIFIED:
            for text in notification_texts(envelope.event):
                known = notification_id(f"{envelope.collection}.{envelope.id}", text.user_id, envelope.at)
                self._keep(NOTIFICATIONS, replace(text.notification(known, envelope.at), version=1))

    # --- people -----------------------------------------------------------------------------------

    def make_drivers(self) -> Iterator[DriverLife]:
        """Each driver, whose vehicles are left to the caller: their plates are hashed."""
        fates = self.dice.random("fates")
        for index, person in enumerate(self.drivers):
            record = DriverRecord(person, self._zone, self.dice, self.pictures, self.listen)
            operator = Actor("support", self.operators[index % OPERATORS].id)
            rng = self.dice.random("driver", index)
            fate = fate_of(index, fates)
            if fate == "expired" and person.created_at > self.options.ends_at - timedelta(days=12):
                fate = "works"  # papers of so new a driver have not ended
            life = live(record, fate, operator, self.options, rng)
            self.lives.append(life)
            self._keep(drivers.PROFILES, record.profile)
            for shift in record.shifts.values():
                self._keep(drivers.SHIFTS, shift)
            for document in record.documents.values():
                self._keep(drivers.DRIVER_DOCUMENTS, document)
            if (entry := record.roster_entry) is not None:
                self._keep(dispatch.ROSTER, entry)
            self.states[life.fate] += 1
            yield life

    def make_riders(self) -> None:
        self.riders = [
            rider_record(person, self.map, self.dice, self.pictures) for person in self.rider_people
        ]
        for rider in self.riders:
            self._keep(payments.ACCOUNTS, rider.account)
            self._keep(payments.METHODS, rider.card)
            for bike in rider.bikes:
                self._keep(riders.BIKES, bike)
            for place in rider.places:
                self._keep(riders.PLACES, place)

    # --- rescues ----------------------------------------------------------------------------------

    def make_rescues(self) -> Iterator[None]:
        """Each rescue; yields after each."""
        rng = self.dice.random("rescues")
        latest = self.options.ends_at
        drivers_at_work = Dispatching(self.lives, self.map, self._router, latest, rng)
        for number, at in enumerate(self._request_times(rng)):
            rider = self._free_rider(at, rng)
            if rider is None:
                continue
            self._make_rescue(number, at, rider, drivers_at_work, rng)
            yield
        for number in range(BOOKINGS_AHEAD):
            self._make_booking(number, rng)
        for rider in self.riders:
            self._keep(riders.RIDERS, rider.profile)
        for job in self._jobs.values():
            self._keep(CURRENT_JOBS, job)
        for summary in self.opinions.summaries.values():
            self._keep(ratings.SUMMARIES, summary)

    def _request_times(self, rng: Random) -> list[datetime]:
        """As many times as rescues, by the hours in which people ride."""
        hours, weights = zip(*_ridden_hours(), strict=True)
        first, latest = self.options.begins_at, self.options.ends_at - LAST_REQUEST
        times: list[datetime] = []
        days = self.options.weeks * 7
        midnight = first.astimezone(self._zone).replace(hour=0, minute=0)
        while len(times) < self.options.rescues:
            day = midnight + timedelta(days=rng.randint(0, days))
            hour = rng.choices(hours, weights)[0]
            local = day.replace(hour=hour, minute=rng.randint(0, 59), second=rng.randint(0, 59))
            at = local.astimezone(first.tzinfo) + timedelta(milliseconds=rng.randint(0, 999))
            if first < at < latest:
                times.append(at)
        return sorted(times)

    def _free_rider(self, at: datetime, rng: Random) -> RiderRecord | None:
        """A rider who has signed up and waits for nothing; some ask more often than others."""
        for _ in range(50):
            rider = self.riders[int(len(self.riders) * rng.random() ** 1.4)]
            if rider.busy_until < at and rider.person.created_at + timedelta(hours=1) < at:
                return rider
        return None

    def _make_rescue(
        self, number: int, at: datetime, rider: RiderRecord, at_work: Dispatching, rng: Random
    ) -> None:
        booked = rng.random() < BOOKED_PART
        asked = seconds_after(at, rng, -86_400, -3_600) if booked else at
        if booked and (asked < rider.busy_until or asked < rider.person.created_at):
            booked, asked = False, at
        record = self._request(number, rider, asked, at if booked else None, rng)
        rescue_id = record.rescue.id
        rider.claim(rescue_id, at)
        if booked:
            record.act(Wake(rider_is_free=True), SYSTEM, at)
        story = weighted(rng, STORIES)
        terms = record.rescue.quote
        needs = carrying_needs(terms.kind, terms.problem, terms.bike)
        support = Actor("support", self.operators[number % OPERATORS].id)
        play = Story(record, at_work, needs, support, self.dice, self._camera, rng)
        intent = f"pi_{rescue_id.rpartition('_')[2][2:]}"
        ended = play.play(story, intent, rider.account.customer, rider.card.stripe_payment_method, at)
        rider.release(rescue_id)
        rider.busy_until = ended + timedelta(minutes=5)
        self._keep_rescue(record, rng)

    def _request(
        self, number: int, rider: RiderRecord, at: datetime, booked_for: datetime | None, rng: Random
    ) -> RescueRecord:
        quoted = seconds_after(at, rng, -120, -15)
        pickup, dropoff = self.map.trip(rng)
        bike = rng.choice(rider.bikes) if rider.bikes and rng.random() < 0.8 else None
        leg = self._router.estimate(pickup.point, dropoff.point)
        priced = price(MONTREAL_TARIFF, leg, (booked_for or quoted).astimezone(self._zone))
        terms = QuoteTerms(
            id=self.dice.new_id(QUOTE, quoted, rider.id, number),
            kind="rescue",
            problem=weighted(rng, PROBLEMS),
            pickup=pickup,
            dropoff=dropoff,
            area_id=MONTREAL.id,
            region=MONTREAL.region,
            items=priced.items,
            total_minor=priced.total_minor,
            before_promo_minor=priced.before_promo_minor,
            currency=MONTREAL_TARIFF.currency,
            eta_seconds=None if booked_for else rng.randint(120, 900),
            distance_m=leg.distance_m,
            duration_s=leg.duration_s,
            fees=MONTREAL_TARIFF.fees,
            bike_id=bike.id if bike else None,
            bike=bike.load if bike else None,
            scheduled_for=booked_for,
        )
        command = RequestRescue(
            quote_id=terms.id,
            payment_method_id=rider.card.id,
            note=rng.choice(_NOTES) if rng.random() < 0.1 else None,
        )
        return RescueRecord(
            command,
            terms,
            rescue_id=self.dice.new_id(f"{RESCUE}_{MONTREAL.region}", at, rider.id, number),
            rider=Actor("rider", rider.id),
            pin=f"{rng.randint(0, 9_999):04d}",
            at=at,
            listener=self.listen,
        )

    def _make_booking(self, number: int, rng: Random) -> None:
        """A booking that waits for its time."""
        at = seconds_after(self.options.ends_at, rng, -3_000, -600)
        rider = self._free_rider(at, rng)
        if rider is not None:
            ahead = self.options.ends_at + timedelta(hours=rng.randint(2, 48))
            record = self._request(self.options.rescues + number, rider, at, ahead, rng)
            self._keep_rescue(record, rng)
            rider.busy_until = ahead

    def _keep_rescue(self, record: RescueRecord, rng: Random) -> None:
        rescue, keep = record.rescue, self._keep
        self.counts[rescue.status] += 1
        keep(rescues.RESCUES, rescue)
        if record.row is not None:
            keep(OPS_RESCUES, record.row)
        if record.case is not None:
            keep(dispatch.CASES, record.case)
        for offer in record.offers:
            keep(dispatch.OFFERS, offer)
        if record.payment is not None:
            keep(payments.RECORDS, record.payment)
        for transaction in record.ledger:
            keep(payments.LEDGER, transaction)
        if (given := self.opinions.ratings(rescue, rng)) is not None:
            keep(ratings.RATINGS, given)
        for message in self.opinions.messages(rescue, rng):
            keep(rescues.MESSAGES, message)
        self._note_job(record)

    def _note_job(self, record: RescueRecord) -> None:
        """The driver's last job, as tracking follows it."""
        rescue = record.rescue
        assigned = [entry for entry in rescue.timeline if entry.to == "assigned"]
        if rescue.driver_id is None or not assigned or rescue.ended_at is None:
            return
        known = self._jobs.get(rescue.driver_id)
        if known is not None and known.since > assigned[-1].at:
            return
        job = CurrentJob(
            id=rescue.driver_id,
            version=known.version if known else 0,
            rescue_id=rescue.id,
            rescue_version=next(e.version for e in reversed(rescue.timeline) if e.to == rescue.status),
            rider_id=rescue.rider_id,
            area_id=rescue.area_id,
            since=assigned[-1].at,
            pickup=rescue.quote.pickup.point,
            dropoff=rescue.quote.dropoff.point,
            loaded=any(entry.to == "in_transit" for entry in rescue.timeline),
            ended_at=rescue.ended_at,
        )
        self._jobs[rescue.driver_id] = replace(job, version=job.version + 2 + job.loaded)


def _ridden_hours() -> list[tuple[int, float]]:
    text = files("supportcarr_lab.simulator").joinpath("data/working-day-hours.csv").read_text("utf-8")
    return [(int(row["hour"]), float(row["mean_bikers"])) for row in csv.DictReader(text.splitlines())]
