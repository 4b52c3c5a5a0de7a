"""The console's queries, answered from its read model."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.events import PaymentProcessed, RescueMoved
from supportcarr.contracts.ids import RESCUE, looks_like
from supportcarr.contracts.rescues import LIVE, STATUSES
from supportcarr.kit.runtime.cache import BoundedCache
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import BadCursor, In, Page, Scalar, Store
from supportcarr.operations.model import Area, DriverCounts, OpsRescue, Overview, Today
from supportcarr.operations.ports import DriverCounter, PeopleFinder
from supportcarr.operations.repository import OpsRescueRepository

_PERSON_FIELDS = ("rider_id", "driver_id")
OVERVIEW_CACHE_SECONDS = 1.0  # wall; counting each status is expensive, and every console polls it


class OperationsService:
    """The console's use cases.  *areas* are all service areas."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        drivers: DriverCounter,
        areas: Sequence[Area],
        people: PeopleFinder,
    ) -> None:
        self._rescues = OpsRescueRepository(store)
        self._clock = clock
        self._drivers = drivers
        self._people = people
        self._areas = {area.id: area for area in areas}
        self._overviews: BoundedCache[str | None, Overview] = BoundedCache(
            len(areas) + 1, OVERVIEW_CACHE_SECONDS
        )

    async def apply(self, event: EventEnvelope) -> None:
        """Apply *event* to the read model.  Idempotent."""
        if isinstance(event.event, RescueMoved | PaymentProcessed):
            await self._rescues.apply(event, event.event.rescue_id)

    async def overview(self, area_id: str | None = None) -> Overview:
        """The key figures of one area, or of all; up to ``OVERVIEW_CACHE_SECONDS`` old."""
        known = self._overviews.get(area_id)
        if known is None:
            known = await self._overview(area_id)
            self._overviews.put(area_id, known)
        return known

    async def live_counts(self) -> dict[str, int]:
        """How many rescues are in each status that is not final, in all areas."""
        return {status: await self._rescues.count(status, None) for status in LIVE}

    async def longest_wait_s(self) -> float:
        """For how long the rescue has waited that waits longest for a driver; city seconds, 0 if none."""
        waiting = await self._rescues.longest_waiting(None)
        since = waiting.waiting_since if waiting else None
        return max(0.0, (self._clock.city() - since).total_seconds()) if since else 0.0

    async def drivers_online(self) -> DriverCounts:
        """How many drivers are online in all areas, and how many of them are busy."""
        return await self._drivers.count(None)

    async def _overview(self, area_id: str | None) -> Overview:
        waiting = await self._rescues.longest_waiting(area_id)
        since = waiting.waiting_since if waiting else None
        return Overview(
            drivers=await self._drivers.count(area_id),
            rescues={status: await self._rescues.count(status, area_id) for status in STATUSES},
            waiting_seconds_max=max(0, int((self._clock.city() - since).total_seconds())) if since else 0,
            today=await self._today([self.area(area_id)] if area_id else list(self._areas.values())),
        )

    async def search(
        self,
        *,
        statuses: Sequence[str] = (),
        area_id: str | None = None,
        rider_id: str | None = None,
        driver_id: str | None = None,
        attention: bool = False,
        text: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[OpsRescue]:
        """The rescues that match all given filters, newest request first.

        *text* is a rescue's id, which no other filter counts beside, or says whose rescues they are: first
        come those in which these people are riders, then those in which they are drivers.  Raises
        ``BadCursor``, ``ValidationFailed``.
        """
        if text is not None and looks_like(RESCUE, text.strip()):
            row = await self._rescues.get(text.strip())
            return Page([row] if row else [], None)
        given = {"area_id": area_id, "rider_id": rider_id, "driver_id": driver_id}
        where: dict[str, Scalar | In] = {name: value for name, value in given.items() if value}
        if attention:
            where["needs_attention"] = True
        if statuses:
            where["status"] = statuses[0] if len(statuses) == 1 else In(tuple(statuses))
        if text is None:
            return await self._rescues.search(where, limit, cursor)
        people = In(tuple(await self._people.find(text.strip())))
        return await self._rescues_of(people, where, limit, cursor) if people.values else Page([], None)

    async def _rescues_of(
        self, people: In, where: dict[str, Scalar | In], limit: int, cursor: str | None
    ) -> Page[OpsRescue]:
        """One page of the rescues of these riders, then of these drivers.  Raises ``BadCursor``."""
        role, _, after = (cursor or f"{_PERSON_FIELDS[0]}:").partition(":")
        if role not in _PERSON_FIELDS:
            raise BadCursor
        rows: list[OpsRescue] = []
        for person in _PERSON_FIELDS[_PERSON_FIELDS.index(role) :]:
            asked = where | ({} if person in where else {person: people})
            if person in where and where[person] not in people.values:
                after = ""
                continue
            page = await self._rescues.search(asked, limit - len(rows), after or None)
            rows += page.items
            if page.next_cursor is not None:
                return Page(rows, f"{person}:{page.next_cursor}")
            after = ""
            if len(rows) >= limit and person != _PERSON_FIELDS[-1]:
                return Page(rows, f"{_PERSON_FIELDS[-1]}:")
        return Page(rows, None)

    async def in_progress(self, area_id: str) -> list[OpsRescue]:
        """All active rescues of the area."""
        return [row async for row in self._rescues.in_progress(area_id)]

    def area(self, area_id: str) -> Area:
        """The area with that id.  Raises ``ValidationFailed`` if it does not exist."""
        area = self._areas.get(area_id)
        if area is None:
            raise ValidationFailed.of("area", "unknown_area", "There is no such service area")
        return area

    async def _today(self, areas: Sequence[Area]) -> Today:
        completed = revenue = 0
        for area in areas:
            local = self._clock.city().astimezone(ZoneInfo(area.timezone))
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            async for row in self._rescues.ended_since(area.id, midnight):
                completed += row.status == "completed"
                revenue += row.captured_minor - row.refunded_minor
        return Today(completed, revenue)
