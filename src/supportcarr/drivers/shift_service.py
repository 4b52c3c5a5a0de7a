"""Keeps drivers to their hours, records their shifts, and shows them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.events import AnyEvent, DriverShiftChanged
from supportcarr.drivers import hours
from supportcarr.drivers.collections import SHIFTS
from supportcarr.drivers.model import DriverProfile
from supportcarr.drivers.ports import EarningsReader, LiveJobs
from supportcarr.drivers.schemas_shifts import DaySummary
from supportcarr.drivers.service import DriverService
from supportcarr.drivers.shifts import Shift, day_bounds, newer, shift_of, worked
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Page, Range, Store
from supportcarr.kit.store.update import update, without_events

SHIFTS_OF_A_DAY_MAX = 200
ATTEMPTS = 10  # compare-and-sets lost in a row

log = structlog.get_logger(__name__)


class ShiftService:
    """The driver's profile counts the hours; the shifts are copies of it that last, with the deadlines."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        drivers: DriverService,
        jobs: LiveJobs,
        earnings: EarningsReader,
        *,
        timezone: str,
    ) -> None:
        """*timezone* is that of the service area: a day begins there."""
        self._shifts = store.collection(SHIFTS)
        self._clock = clock
        self._drivers = drivers
        self._jobs = jobs
        self._earnings = earnings
        self._zone = ZoneInfo(timezone)

    async def record(self, changed: DriverShiftChanged, version: int) -> None:
        """Store the shift as of that version of the profile.  Idempotent; an older one changes nothing."""
        shift = shift_of(changed.shift, changed.driver_id, version, changed.due_at)
        try:
            await self._shifts.insert(shift)
        except DuplicateKey:
            replaced = without_events(lambda stored: newer(stored, shift))
            await update(self._shifts, shift.id, replaced, attempts=ATTEMPTS)

    async def on_shift_due(self, shift_id: str) -> None:
        """Tell a driver that the hours are nearly over; end a shift whose hours are.  Idempotent."""
        shift, now = await self._shifts.get(shift_id), self._clock.city()
        if shift is None or shift.due_at is None or now < shift.due_at:
            return
        due_at: datetime | None = None
        profile = await self._drivers.find_profile(shift.driver_id)
        if profile is not None and profile.shift is not None and profile.shift.id == shift_id:
            due_at = await self._review(shift, now)
        await self._look_again(shift, due_at)

    async def _review(self, shift: Shift, now: datetime) -> datetime | None:
        """Change the profile by the clock; returns when to look again."""
        on_job = bool(await self._jobs.vehicles(shift.driver_id))
        rules = self._drivers.rules.hours
        review: list[hours.HoursReview] = []

        def reviewed(profile: DriverProfile) -> DriverProfile:
            same_shift = profile.shift is not None and profile.shift.id == shift.id
            result = (
                hours.review_hours(profile, now, rules, on_job=on_job)
                if same_shift
                else hours.HoursReview(profile)
            )
            review[:] = [result]
            return result.profile

        def events(before: DriverProfile, after: DriverProfile) -> tuple[AnyEvent, ...]:
            return (review[0].event,) if review[0].event else ()

        after = await self._drivers.change(shift.driver_id, SYSTEM, reviewed, events)
        if after.offline_reason == "hours_limit" and not after.online:
            log.info("driver_hours_limit_reached", driver_id=shift.driver_id, shift_id=shift.id)
        return review[0].due_at

    async def _look_again(self, shift: Shift, due_at: datetime | None) -> None:
        """Set the next look, unless a newer state of the shift has been stored meanwhile."""

        def postponed(stored: Shift) -> Shift | None:
            if stored.profile_version != shift.profile_version or stored.due_at == due_at:
                return None
            return replace(stored, due_at=due_at)

        await update(self._shifts, shift.id, without_events(postponed), attempts=ATTEMPTS)

    def now(self) -> datetime:
        """City time."""
        return self._clock.city()

    # --- reading ----------------------------------------------------------------------------------

    async def shifts(self, driver_id: str, limit: int, cursor: str | None) -> Page[Shift]:
        """List the driver's shifts, the latest first: one page.  Raises ``BadCursor``."""
        return await self._shifts.find({"driver_id": driver_id}, sort="-began_at", limit=limit, cursor=cursor)

    async def shifts_of_driver(self, driver_id: str, limit: int, cursor: str | None) -> Page[Shift]:
        """The same for operators.  Raises ``UnknownDriver``, ``BadCursor``."""
        await self._drivers.profile(driver_id)
        return await self.shifts(driver_id, limit, cursor)

    async def today(self, driver_id: str) -> DaySummary:
        """What the driver has worked and earned on the city's present day."""
        profile = await self._drivers.open_profile(driver_id)
        now, rules = self._clock.city(), self._drivers.rules.hours
        day = now.astimezone(self._zone).date()
        begins, ends = day_bounds(day, self._zone)
        page = await self._shifts.find(
            {"driver_id": driver_id, "began_at": Range(lt=ends)},
            sort="-began_at",
            limit=SHIFTS_OF_A_DAY_MAX,
        )
        # the profile is newer than the copies of its shift
        of_shifts = {s.id: s.periods for s in page.items}
        if profile.shift is not None:
            of_shifts[profile.shift.id] = profile.shift.periods
        periods = [period for periods in of_shifts.values() for period in periods]
        time = worked(periods, now, within=(begins, min(ends, now)))
        earned = await self._earnings.earned(driver_id, begins, ends)
        return DaySummary(
            date=day,
            timezone=self._zone.key,
            state=hours.activity(profile) or "offline",
            online_seconds=round(time.online.total_seconds()),
            break_seconds=round(time.on_break.total_seconds()),
            driving_seconds=round(time.driving.total_seconds()),
            hours_until=profile.hours.limit_at,
            rest_until=hours.rest_until(profile.hours, now, rules),
            jobs=earned.jobs,
            earned_minor=earned.amount_minor,
            currency=earned.currency,
        )
