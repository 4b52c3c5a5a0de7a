"""The lives of drivers: application, decisions, papers, vehicles and shifts, by the product's own rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import asdict, replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE
from supportcarr.contracts.envelope import AnyEvent, EventEnvelope, PendingEvents
from supportcarr.contracts.events import DriverStandingChanged
from supportcarr.contracts.ids import SHIFT, VEHICLE
from supportcarr.dispatch.roster import RosterEntry, apply_standing
from supportcarr.drivers import documents, hours, model
from supportcarr.drivers.applications import commands
from supportcarr.drivers.applications import state_machine as applications
from supportcarr.drivers.audit import operator_acted
from supportcarr.drivers.commands import AddVehicle, Apply
from supportcarr.drivers.hours import HoursRules
from supportcarr.drivers.model import Application, DriverProfile, Vehicle
from supportcarr.drivers.shifts import Shift, shift_of
from supportcarr_lab.town.options import Dice
from supportcarr_lab.town.people import Townsperson

RULES = HoursRules()
Listener = Callable[[EventEnvelope], None]


class DriverRecord:
    """One driver's profile, vehicles and shifts; ``DriverService`` changes them in the same way."""

    def __init__(self, person: Townsperson, zone: ZoneInfo, dice: Dice, listener: Listener) -> None:
        self.id = person.id
        self.actor = Actor("driver", person.id)
        self.profile = DriverProfile(id=person.id, version=1, created_at=person.created_at)
        self.vehicles: list[Vehicle] = []
        self.shifts: dict[str, Shift] = {}
        self._zone, self._dice, self._listener = zone, dice, listener
        self._standing: tuple[DriverStandingChanged, int] | None = None

    # --- what drivers and operators do ------------------------------------------------------------

    def add_vehicle(self, command: AddVehicle, at: datetime) -> Vehicle:
        vehicle = Vehicle(
            id=self._dice.new_id(VEHICLE, at, self.id, len(self.vehicles)),
            version=1,
            driver_id=self.id,
            created_at=at,
            **asdict(command),
        )
        self.vehicles.append(vehicle)
        self._change(lambda profile: model.with_vehicle(profile, vehicle.id), self.actor, at)
        return vehicle

    def state(self, form: Apply, at: datetime) -> None:
        """Fill in the application."""
        statement = Application(**asdict(form), applied_at=at)
        event = applications.decide(self.profile, commands.State(), self.actor)

        def stated(profile: DriverProfile) -> DriverProfile:
            after = documents.with_application(profile, statement)
            return applications.evolve(after, event, at) if event else after

        self._change(stated, self.actor, at, (event,) if event else ())

    def command(self, command: commands.Command, by: Actor, at: datetime) -> None:
        """Submit or decide the application, or suspend the driver."""
        event = applications.decide(self.profile, command, by)
        if event is None:
            return
        reason = getattr(command, "reason", None)

        def acted(before: DriverProfile, after: DriverProfile) -> tuple[AnyEvent, ...]:
            return (operator_acted(before, after, command, NOWHERE),) if by.is_operator else ()

        self._change(lambda profile: applications.evolve(profile, event, at, reason), by, at, (event,), acted)

    def submit(self, at: datetime) -> None:
        missing = documents.missing_requirements(self.profile, at.astimezone(self._zone).date())
        self.command(commands.Submit(missing=tuple(missing)), self.actor, at)

    def go_online(self, at: datetime, *, on_break: bool = False) -> None:
        vehicle = self.vehicles[0]
        hours.check_rested(self.profile, at, RULES)
        self._change(
            lambda profile: model.with_spec(model.go_online(profile, vehicle.id, on_break=on_break), vehicle),
            self.actor,
            at,
        )

    def go_offline(self, at: datetime) -> None:
        self._change(model.go_offline, self.actor, at)

    def look_at_papers(self, now: datetime) -> None:
        """What the deadlines of the papers did until now: reminders, and the end."""
        while (due := self.profile.due_at) is not None and due <= now:
            reviewed = documents.review_by_date(self.profile, due, self._zone, on_job=False)
            events = (reviewed.event,) if reviewed.event else ()
            before = self.profile
            after = hours.follow(before, reviewed.profile, due, RULES, self._shift_id(due))
            self._save(before, after, SYSTEM, due, events)

    def finish(self, now: datetime) -> None:
        """What the deadlines of the shifts did until now: ended shifts need no further look."""
        self.look_at_papers(now)
        for shift_id, shift in self.shifts.items():
            if shift.due_at is not None and shift.due_at <= now:
                self.shifts[shift_id] = replace(shift, due_at=None, version=shift.version + 1)

    @property
    def roster_entry(self) -> RosterEntry | None:
        """What dispatch knows of the driver; ``None``: nothing."""
        if self._standing is None:
            return None
        entry = apply_standing(RosterEntry(id=self.id, version=1), *self._standing)
        return replace(entry, version=2) if entry is not None else None

    # --- saves ------------------------------------------------------------------------------------

    def _shift_id(self, at: datetime) -> str:
        return self._dice.new_id(SHIFT, at, self.id)

    def _change(
        self,
        change: Callable[[DriverProfile], DriverProfile],
        by: Actor,
        at: datetime,
        moves: tuple[AnyEvent, ...] = (),
        also: Callable[[DriverProfile, DriverProfile], tuple[AnyEvent, ...]] | None = None,
    ) -> None:
        self.look_at_papers(at)
        before = self.profile
        decided = documents.with_dates(change(documents.with_dates(before, self._zone)), self._zone)
        after = hours.follow(before, decided, at, RULES, self._shift_id(at))
        more = also(before, after) if also else ()
        self._save(before, after, by, at, (*moves, *more))

    def _save(
        self, before: DriverProfile, after: DriverProfile, by: Actor, at: datetime, more: tuple[AnyEvent, ...]
    ) -> None:
        if after == before:
            return
        self.profile = replace(after, version=before.version + 1)
        standing, shifts = model.standing_events(before, after), hours.shift_events(before, after, RULES)
        if standing:
            self._standing = standing[0], self.profile.version
        for changed in shifts:
            known = self.shifts.get(changed.shift.id)
            shift = shift_of(changed.shift, self.id, self.profile.version, changed.due_at)
            self.shifts[shift.id] = replace(shift, version=known.version + 1 if known else 1)
        pending = PendingEvents((*standing, *shifts, *more), by, at)
        for envelope in pending.envelopes("driverprofiles", self.id, self.profile.version):
            self._listener(envelope)
