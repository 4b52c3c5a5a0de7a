"""The lives of drivers: application, papers, decisions, vehicles and shifts, by the product's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec.structs import asdict, replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import AnyEvent, PendingEvents
from supportcarr.contracts.events import (
    DriverDocumentsExpired,
    DriverDocumentUploaded,
    DriverShiftChanged,
    DriverStandingChanged,
    VehicleChanged,
)
from supportcarr.contracts.ids import SHIFT, VEHICLE
from supportcarr.dispatch.roster import RosterEntry, apply_standing
from supportcarr.drivers import documents, hours, model
from supportcarr.drivers.applications import commands
from supportcarr.drivers.applications import state_machine as applications
from supportcarr.drivers.audit import operator_acted
from supportcarr.drivers.commands import AddVehicle, Apply
from supportcarr.drivers.driver_documents import model as uploads
from supportcarr.drivers.driver_documents.audit import document_reviewed
from supportcarr.drivers.driver_documents.model import CURRENT, RULES, DriverDocument
from supportcarr.drivers.driver_documents.service import document_id
from supportcarr.drivers.hours import HoursRules
from supportcarr.drivers.model import Application, DocumentKind, DriverProfile, Vehicle
from supportcarr.drivers.profile_changes import (
    Decide,
    MoreEvents,
    ProfileChange,
    ProfileRules,
    change_profile,
    commanded,
    review_papers,
    stated,
)
from supportcarr.drivers.shifts import Shift, shift_of
from supportcarr.pricing.areas import MONTREAL
from supportcarr_lab.town.options import Dice
from supportcarr_lab.town.people import Townsperson
from supportcarr_lab.town.pictures import Pictures
from supportcarr_lab.town.records import Listener

_BEFORE = timedelta(seconds=5)  # that a file is uploaded before what uses it


class DriverRecord:
    """One driver's profile, documents, vehicles and shifts; the product's services change them likewise."""

    def __init__(
        self, person: Townsperson, zone: ZoneInfo, dice: Dice, pictures: Pictures, listener: Listener
    ) -> None:
        self.id = person.id
        self.actor = Actor("driver", person.id)
        self.profile = DriverProfile(id=person.id, version=1, created_at=person.created_at)
        self.documents: dict[str, DriverDocument] = {}
        self.vehicles: list[Vehicle] = []
        self.shifts: dict[str, Shift] = {}
        self._rules = ProfileRules(zone, HoursRules(), MONTREAL.id)
        self._dice, self._pictures, self._listener = dice, pictures, listener
        self._standing: tuple[DriverStandingChanged, int] | None = None

    # --- what drivers and operators do ------------------------------------------------------------

    def add_vehicle(self, command: AddVehicle, at: datetime, photos: Sequence[bytes] = ()) -> Vehicle:
        vehicle_id = self._dice.new_id(VEHICLE, at, self.id, len(self.vehicles))
        taken = at - _BEFORE
        photo_ids = tuple(
            self._pictures.add(
                self._pictures.new_id(taken, vehicle_id, number),
                self.id,
                "vehicle_photo",
                vehicle_id,
                photo,
                taken,
            )
            for number, photo in enumerate(photos)
        )
        vehicle = Vehicle(
            id=vehicle_id,
            version=1,
            driver_id=self.id,
            created_at=at,
            **(asdict(command) | {"photo_ids": photo_ids}),
        )
        self.vehicles.append(vehicle)
        if photo_ids:
            changed = VehicleChanged(driver_id=self.id, vehicle_id=vehicle_id, photos_added=photo_ids)
            self._publish("vehicles", vehicle, (changed,), self.actor, at)
        self._change(lambda profile: (model.with_vehicle(profile, vehicle.id), ()), self.actor, at)
        return vehicle

    def state(self, form: Apply, at: datetime) -> None:
        """Fill in the application."""
        statement = Application(**asdict(form), applied_at=at)
        self._change(lambda profile: stated(profile, statement, self.actor, at), self.actor, at)

    def command(self, command: commands.Command, by: Actor, at: datetime) -> None:
        """Submit or decide the application, or suspend the driver."""

        def acted(before: DriverProfile, after: DriverProfile) -> tuple[AnyEvent, ...]:
            return (operator_acted(before, after, command, NOWHERE),) if by.is_operator else ()

        self._change(lambda profile: commanded(profile, command, by, at), by, at, acted)

    def submit(self, at: datetime) -> None:
        missing = documents.missing_requirements(self.profile, self._date(at), uploads=True)
        self.command(commands.Submit(missing=tuple(missing)), self.actor, at)

    def go_online(self, at: datetime, *, on_break: bool = False) -> None:
        vehicle = self.vehicles[0]
        hours.check_rested(self.profile, at, self._rules.hours)

        def online(profile: DriverProfile) -> tuple[DriverProfile, tuple[AnyEvent, ...]]:
            after = model.go_online(profile, vehicle.id, on_break=on_break)
            assert not documents.invalid_documents(after, self._date(at)), "the papers count"
            return model.with_spec(after, vehicle), ()

        self._change(online, self.actor, at)

    def go_offline(self, at: datetime) -> None:
        self._change(lambda profile: (model.go_offline(profile), ()), self.actor, at)

    # --- documents --------------------------------------------------------------------------------

    def upload(
        self,
        kind: DocumentKind,
        content: bytes,
        at: datetime,
        *,
        expires_on: date | None = None,
        number: str | None = None,
        vehicle_id: str | None = None,
    ) -> DriverDocument:
        """Upload a document, for an operator to review."""
        applications.check_transition(self.profile, commands.State, self.actor)
        rules = RULES[kind]
        assert (expires_on is not None) == rules.expires
        assert (vehicle_id is not None) == rules.of_vehicle
        file_id = self._pictures.new_id(at - _BEFORE, self.id, kind, vehicle_id)
        document = DriverDocument(
            id=document_id(self.id, (file_id,)),
            version=2,  # stored, and its file attached
            driver_id=self.id,
            kind=kind,
            file_ids=(file_id,),
            vehicle_id=vehicle_id,
            number=number,
            expires_on=expires_on,
            uploaded_at=at,
        )
        self._pictures.add(file_id, self.id, rules.purpose, document.id, content, at - _BEFORE)
        self.documents[document.id] = document
        uploaded = DriverDocumentUploaded(document_id=document.id, driver_id=self.id, kind=kind)
        self._publish("driverdocuments", document, (uploaded,), self.actor, at)
        self._refresh_documents(at)
        return document

    def review_document(
        self,
        document: DriverDocument,
        decision: Literal["approve", "reject"],
        by: Actor,
        at: datetime,
        reason: str | None = None,
    ) -> None:
        """An operator approves or rejects a document."""
        before = self.documents[document.id]
        decided = uploads.reviewed(before, decision, reason, at, self._date(at))
        assert decided is not None, "the decision is new"
        after = self._save_document(decided)
        self._publish("driverdocuments", after, document_reviewed(before, after, NOWHERE), by, at)
        self._refresh_documents(at)

    def _expire_documents(self, at: datetime) -> None:
        for document in list(self.documents.values()):
            if (expired := uploads.expired(document, self._date(at))) is not None:
                self._save_document(expired)
        self._refresh_documents(at)

    def _refresh_documents(self, at: datetime) -> None:
        """Keep in the profile which documents are current, and mark those that are replaced."""
        found = [document for document in self.documents.values() if document.state in CURRENT]
        current, gone = uploads.split_current(found, self.profile.vehicle_ids)
        for document in gone:
            if (replaced := uploads.replaced(document, at)) is not None:
                self._save_document(replaced)
        summaries = tuple(map(uploads.summary_of, current))
        self._change(lambda profile: uploads.with_documents(profile, summaries, at), SYSTEM, at)

    def _save_document(self, document: DriverDocument) -> DriverDocument:
        saved = self.documents[document.id] = replace(document, version=document.version + 1)
        return saved

    # --- what follows -----------------------------------------------------------------------------

    def look_at_papers(self, now: datetime) -> None:
        """What the deadlines of the papers did until now: reminders, and the end."""
        while (due := self.profile.due_at) is not None and due <= now:
            reviewed = review_papers(self.profile, due, self._rules, self._shift_id(due), on_job=False)
            assert reviewed is not None, "something is due"
            self._save(reviewed, SYSTEM, due)

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

    def _date(self, at: datetime) -> date:
        return at.astimezone(self._rules.zone).date()

    def _shift_id(self, at: datetime) -> str:
        return self._dice.new_id(SHIFT, at, self.id)

    def _change(self, decide: Decide, by: Actor, at: datetime, also: MoreEvents | None = None) -> None:
        self.look_at_papers(at)
        change = change_profile(self.profile, decide, at, self._rules, self._shift_id(at), also)
        if change is not None:
            self._save(change, by, at)

    def _save(self, change: ProfileChange, by: Actor, at: datetime) -> None:
        self.profile = replace(change.profile, version=change.profile.version + 1)
        version = self.profile.version
        for event in change.events:
            if isinstance(event, DriverStandingChanged):
                self._standing = event, version
            if isinstance(event, DriverShiftChanged):
                known = self.shifts.get(event.shift.id)
                shift = shift_of(event.shift, self.id, version, event.due_at)
                self.shifts[shift.id] = replace(shift, version=known.version + 1 if known else 1)
        self._publish("driverprofiles", self.profile, change.events, by, at)
        if any(isinstance(event, DriverDocumentsExpired) for event in change.events):
            self._expire_documents(at)

    def _publish(
        self, collection: str, document: Document, events: tuple[AnyEvent, ...], by: Actor, at: datetime
    ) -> None:
        for envelope in PendingEvents(events, by, at).envelopes(collection, document.id, document.version):
            self._listener(envelope)
