"""Onboarding, vehicles and availability of drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, FieldError, NotFound, StaleVersion
from supportcarr.contracts.ids import SHIFT
from supportcarr.contracts.value_objects import DriverCard
from supportcarr.drivers import documents, hours, model
from supportcarr.drivers.applications import commands
from supportcarr.drivers.audit import operator_acted
from supportcarr.drivers.collections import PROFILES, VEHICLES
from supportcarr.drivers.commands import Apply
from supportcarr.drivers.errors import DocumentsNotValid, UnknownDriver
from supportcarr.drivers.hours import HoursRules
from supportcarr.drivers.model import Application, Approval, DriverProfile, Stage
from supportcarr.drivers.ports import LiveJobs, UserDirectory
from supportcarr.drivers.profile_changes import (
    Decide,
    Decided,
    MoreEvents,
    ProfileChange,
    ProfileRules,
    change_profile,
    commanded,
    review_papers,
    stated,
)
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Page, Range, Scalar, Store
from supportcarr.kit.store.update import update

DATE_PAPERS_PAGE = 200  # profiles
DEFAULT_HOURS = HoursRules()
_WAITING: dict[str, Scalar | Range] = {"review_since": Range(ge=datetime(1970, 1, 1, tzinfo=UTC))}


class DriverService:
    """Changes and shows drivers; a change that dispatch must know is published as an event."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        users: UserDirectory,
        jobs: LiveJobs,
        *,
        timezone: str,
        area_id: str | None,
        hours_rules: HoursRules = DEFAULT_HOURS,
        documents_required: bool = False,
    ) -> None:
        """*timezone* is that of the service area *area_id*: papers end with a day there.  Without
        *area_id* no operator is told of what begins to wait.

        With *documents_required* a driver is approved only with each document uploaded and approved.
        """
        self._profiles = store.collection(PROFILES)
        self._vehicles = store.collection(VEHICLES)
        self._clock = clock
        self._users = users
        self._jobs = jobs
        self.rules = ProfileRules(ZoneInfo(timezone), hours_rules, area_id)
        self._documents_required = documents_required

    # --- profiles ---------------------------------------------------------------------------------

    async def open_profile(self, user_id: str) -> DriverProfile:
        """Get the driver's profile, creating it on first use."""
        if found := await self._profiles.get(user_id):
            return found
        try:
            return await self._profiles.insert(DriverProfile(id=user_id, created_at=self._clock.city()))
        except DuplicateKey:
            return await self.profile(user_id)

    async def profile(self, driver_id: str) -> DriverProfile:
        """Get a driver's profile.  Raises ``UnknownDriver``."""
        if found := await self._profiles.get(driver_id):
            return found
        raise UnknownDriver

    async def find(
        self,
        approval: Approval | None,
        limit: int,
        cursor: str | None,
        *,
        in_review: bool = False,
        stage: Stage | None = None,
    ) -> Page[DriverProfile]:
        """List drivers by id, which is the order of sign-up: one page.

        With *in_review* only those for whom something waits for an operator, the longest wait first; with
        *stage* only those whose application is at it.
        """
        where: dict[str, Scalar | Range] = {"approval": approval} if approval else {}
        if stage is not None:
            where["stage"] = stage
        if in_review:
            where |= _WAITING
        sort = "review_since" if in_review else "id"
        return await self._profiles.find(where, sort=sort, limit=limit, cursor=cursor)

    async def waiting(self) -> tuple[int, datetime | None]:
        """For how many drivers something waits for an operator, and since when for the first of them."""
        count, first = await asyncio.gather(
            self._profiles.count(_WAITING), self._profiles.find(_WAITING, sort="review_since", limit=1)
        )
        return count, first.items[0].review_since if first.items else None

    async def note_unclear_check(self, driver_id: str, check_id: str) -> None:
        """Let operators know of a check that ended without being clear.  Idempotent."""
        with suppress(NotFound):  # the driver was erased meanwhile
            await self.change(driver_id, SYSTEM, lambda p: model.with_unclear_check(p, check_id))

    async def find_among(
        self, driver_ids: Sequence[str], approval: Approval | None = None, *, in_review: bool = False
    ) -> list[DriverProfile]:
        """Those of these people who are drivers, and match the filters of ``find``; in the given order."""
        found = await asyncio.gather(*map(self._profiles.get, driver_ids))
        return [
            profile
            for profile in found
            if profile is not None
            and (approval is None or profile.approval == approval)
            and (not in_review or profile.review_since is not None)
        ]

    def missing_requirements(self, profile: DriverProfile) -> list[str]:
        """What the application lacks today."""
        return documents.missing_requirements(profile, self.today(), uploads=self._documents_required)

    async def apply(
        self, actor: Actor, driver_id: str, command: Apply, *, if_match: int | None = None
    ) -> DriverProfile:
        """Fill in the application; after an approval, the change waits for an operator's review.

        Raises ``StaleVersion`` if the profile is not at *if_match*.
        """
        await self.open_profile(driver_id)
        now = self._clock.city()
        form = Application(**msgspec.structs.asdict(command), applied_at=now)
        return await self._update(
            driver_id, actor, lambda profile: stated(profile, form, actor, now), if_match
        )

    async def submit(self, actor: Actor, driver_id: str) -> DriverProfile:
        """Ask for the review.  Raises ``ApplicationIncomplete``, ``IllegalTransition``."""
        await self.open_profile(driver_id)
        now = self._clock.city()

        def submitted(profile: DriverProfile) -> Decided:
            command = commands.Submit(missing=tuple(self.missing_requirements(profile)))
            return commanded(profile, command, actor, now)

        return await self._update(driver_id, actor, submitted)

    async def review(
        self,
        actor: Actor,
        driver_id: str,
        command: commands.Command,
        *,
        if_match: int | None = None,
        origin: Origin = NOWHERE,
    ) -> DriverProfile:
        """Take up or decide an application, or suspend a driver.

        Unless documents are required, an operator may approve even if the application lacks something: they
        may have seen the papers elsewhere.  Raises ``UnknownDriver``, ``IllegalTransition``,
        ``StaleVersion``, ``DocumentsNotApproved``.
        """
        await self.profile(driver_id)
        now = self._clock.city()

        def reviewed(profile: DriverProfile) -> Decided:
            decided = commanded(profile, command, actor, now)
            if self._documents_required and decided[0].approval == "approved" != profile.approval:
                documents.check_approved(profile, self.today())
            return decided

        return await self._update(
            driver_id,
            actor,
            reviewed,
            if_match,
            lambda before, after: (operator_acted(before, after, command, origin),),
        )

    # --- availability -----------------------------------------------------------------------------

    async def set_availability(
        self,
        actor: Actor,
        driver_id: str,
        online: bool,
        vehicle_id: str | None = None,
        *,
        on_break: bool = False,
    ) -> DriverProfile:
        """Go online or offline, or take a break.

        Raises ``NotApproved``, ``DocumentsNotValid``, ``UnknownVehicle``, ``VehicleOnJob``, ``RestRequired``;
        ``OnJob`` and ``TooManyBreaks`` for a break.
        """
        await self.open_profile(driver_id)
        if online:
            on_jobs = await self._jobs.vehicles(driver_id)
            profile = await self.open_profile(driver_id)
            chosen = vehicle_id or profile.vehicle_id
            vehicle = await self._vehicles.get(chosen) if chosen else None

            def online_with(profile: DriverProfile) -> DriverProfile:
                online = self._online(profile, vehicle_id, on_jobs, on_break=on_break)
                return model.with_spec(online, vehicle) if vehicle else online

            await self.change(driver_id, actor, online_with)
            await self.refresh_vehicle(driver_id)  # it may have been described anew meanwhile
            return await self.profile(driver_id)
        return await self.change(driver_id, actor, model.go_offline)

    async def refresh_vehicle(self, driver_id: str) -> None:
        """Keep in the profile what the current vehicle can carry.  Idempotent."""
        profile = await self._profiles.get(driver_id)
        vehicle = await self._vehicles.get(profile.vehicle_id) if profile and profile.vehicle_id else None
        if vehicle is not None:
            await self.change(driver_id, SYSTEM, lambda p: model.with_spec(p, vehicle))

    async def set_offline(self, driver_id: str, reason: str) -> None:
        """Set a driver offline who did not ask for it; nothing if the driver is offline already."""
        await self.change(driver_id, SYSTEM, lambda p: model.go_offline(p, reason) if p.online else p)

    async def job_obstacle(self, driver_id: str) -> model.JobObstacle | None:
        """Why the driver may not take a job now; ``None``: the driver may."""
        profile = await self._profiles.get(driver_id)
        return "stopped" if profile is None else model.job_obstacle(profile, self._clock.city())

    async def stop(self, driver_id: str, reason: str) -> None:
        """Set the person offline, if they are a driver at all."""
        if await self._profiles.get(driver_id) is not None:
            await self.set_offline(driver_id, reason)

    async def on_documents_due(self, driver_id: str) -> None:
        """Warn a driver whose papers soon expire; take one offline whose papers have.  Idempotent."""
        profile = await self._profiles.get(driver_id)
        now = self._clock.city()
        if profile is None or profile.due_at is None or now < profile.due_at:
            return
        on_job = profile.online and bool(await self._jobs.vehicles(driver_id))

        def reviewed(profile: DriverProfile) -> tuple[DriverProfile, PendingEvents | None] | None:
            return _to_save(
                review_papers(profile, now, self.rules, new_id(SHIFT), on_job=on_job), SYSTEM, now
            )

        await update(self._profiles, driver_id, reviewed)

    async def date_papers(self) -> None:
        """Calculate until when papers count, and what waits, where an older version has stored a profile.

        The deadlines do the rest; a driver without papers goes offline here, once no job is live.
        """
        await self._end_waits_of_suspended()
        cursor: str | None = None
        while True:
            page = await self.find("approved", DATE_PAPERS_PAGE, cursor)
            for profile in page.items:
                if documents.is_outdated(profile, self.rules.zone):
                    await self._date_papers(profile)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _end_waits_of_suspended(self) -> None:
        """Of a suspended driver nothing waits for an operator; an older version has stored it otherwise."""
        cursor: str | None = None
        while True:
            page = await self.find("suspended", DATE_PAPERS_PAGE, cursor)
            for profile in page.items:
                if profile.review_since is not None:
                    with suppress(Conflict):
                        await self.change(profile.id, SYSTEM, lambda current: current)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _date_papers(self, profile: DriverProfile) -> None:
        on_job = profile.online and bool(await self._jobs.vehicles(profile.id))

        def dated(profile: DriverProfile) -> DriverProfile:
            missing = documents.valid_until(profile, self.rules.zone) is None
            if missing and profile.online and not on_job:
                return model.go_offline(profile, "documents_missing")
            return profile

        with suppress(Conflict):  # it was changed meanwhile, and each change calculates it
            await self.change(profile.id, SYSTEM, dated)

    async def vehicle_of(self, driver_id: str) -> str | None:
        """The id of the vehicle that the driver drives, or drove last."""
        profile = await self._profiles.get(driver_id)
        return profile.vehicle_id if profile else None

    async def card(self, driver_id: str, vehicle_id: str | None = None) -> DriverCard:
        """What a rider sees of the driver with that vehicle, by default with the present one.

        Raises ``UnknownDriver`` (also without a vehicle).
        """
        profile = await self.profile(driver_id)
        shown = vehicle_id or profile.vehicle_id
        vehicle = await self._vehicles.get(shown) if shown else None
        if vehicle is None:
            raise UnknownDriver
        person = await self._users.person(driver_id)
        return DriverCard(driver_id, person.name, vehicle.card)

    async def name(self, driver_id: str) -> str | None:
        """The driver's name; ``None`` if the account is gone."""
        try:
            return (await self._users.person(driver_id)).name
        except NotFound:
            return None

    async def find_profile(self, driver_id: str) -> DriverProfile | None:
        """Get a driver's profile, if there is one."""
        return await self._profiles.get(driver_id)

    async def change(
        self,
        driver_id: str,
        actor: Actor,
        change: Callable[[DriverProfile], DriverProfile],
        also: MoreEvents | None = None,
    ) -> DriverProfile:
        """Save the profile as *change* returns it, with the events that follow, and those of *also*."""
        return await self._update(driver_id, actor, lambda profile: (change(profile), ()), also=also)

    def today(self) -> date:
        """The date in the service area."""
        return self._clock.city().astimezone(self.rules.zone).date()

    def _online(
        self,
        profile: DriverProfile,
        vehicle_id: str | None,
        on_jobs: model.VehiclesOnJobs,
        *,
        on_break: bool,
    ) -> DriverProfile:
        """The profile online.  Raises what ``set_availability`` raises."""
        online = model.go_online(profile, vehicle_id, on_jobs, on_break=on_break)
        if invalid := documents.invalid_documents(online, self.today()):
            errors = tuple(_invalid(online, document) for document in invalid)
            raise DocumentsNotValid(" ".join(error.detail for error in errors), errors=errors)
        now = self._clock.city()
        if on_jobs:  # what they drove since they went offline counts, too
            online = hours.count_job(online, now)
        hours.check_rested(profile, now, self.rules.hours)
        return online

    async def _update(
        self,
        driver_id: str,
        actor: Actor,
        decide: Decide,
        if_match: int | None = None,
        also: MoreEvents | None = None,
    ) -> DriverProfile:
        """Save the profile as *decide* returns it, with its events; nothing if it is the same.

        *also* makes more events from the profile before and after: for the audit log, for the driver.

        Raises ``StaleVersion`` if the profile is not at version *if_match*.
        """

        def changed(profile: DriverProfile) -> tuple[DriverProfile, PendingEvents | None] | None:
            if if_match is not None and if_match != profile.version:
                raise StaleVersion(f"It is at version {profile.version} now, not at {if_match}.")
            now = self._clock.city()
            return _to_save(change_profile(profile, decide, now, self.rules, new_id(SHIFT), also), actor, now)

        return await update(self._profiles, driver_id, changed)


def _to_save(
    change: ProfileChange | None, actor: Actor, now: datetime
) -> tuple[DriverProfile, PendingEvents | None] | None:
    """What ``update`` takes of a change."""
    if change is None:
        return None
    return change.profile, PendingEvents(change.events, actor, now) if change.events else None


def _invalid(profile: DriverProfile, document: documents.Document) -> FieldError:
    """What is wrong with a paper that does not count today, and what the driver can do."""
    day = documents.last_days(profile)[document]
    uploads = [upload for upload in profile.documents if upload.kind == document]
    code, problem = ("missing", "is missing") if day is None else ("expired", f"was valid until {day}")
    if any(upload.withdrawn for upload in uploads):
        code, problem = "missing", "was not accepted"
    if profile.review is not None or any(upload.state == "pending" for upload in uploads):
        return FieldError(document, code, f"Your {document} {problem}; support reviews your application.")
    if uploads or document == "registration":
        return FieldError(document, code, f"Your {document} {problem}; upload a valid one.")
    what = "it" if day is None else "the new one"
    return FieldError(document, code, f"Your {document} {problem}; enter {what} in your application.")
