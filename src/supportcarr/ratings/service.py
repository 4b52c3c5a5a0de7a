"""Rate a rescue, show its ratings, review them, and keep the average of each person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
import structlog

from supportcarr.contracts.actors import SYSTEM, Actor, Principal
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.envelope import AnyEvent, EventEnvelope, PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import OperatorActed, RatingShown, RatingsOpened, RescueEnded
from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import DuplicateKey, Range, Store, VersionConflict
from supportcarr.kit.store.update import update
from supportcarr.ratings import model
from supportcarr.ratings.average import RatingSummary, bayesian_average, counted, summary_id
from supportcarr.ratings.collections import RATINGS, SUMMARIES
from supportcarr.ratings.commands import Rate, Report, Review, Side
from supportcarr.ratings.errors import RatingClosed, RatingNotPossible
from supportcarr.ratings.model import RatingRules, RescueRatings
from supportcarr.ratings.ports import Rescues
from supportcarr.ratings.settings import RatingSettings

RACES = 20  # of ratings of one person that are shown at the same moment

log = structlog.get_logger(__name__)


class SeenRatings(msgspec.Struct, frozen=True, kw_only=True):
    """The ratings of a rescue as one of its people, or an operator, sees them.

    There are none of a rescue that cannot be rated.
    """

    rescue_id: str
    ratings: RescueRatings | None
    side: Side | None  # the reader's; an operator has none
    may_rate: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a person is rated in one role; ``average`` is ``None`` while nobody has rated them."""

    role: Side
    average: float | None
    stars: tuple[int, ...]


class RatingService:
    """Implements the port ``DriverRatings`` of rescues."""

    def __init__(self, store: Store, clock: Clock, rescues: Rescues, settings: RatingSettings) -> None:
        self._ratings = store.collection(RATINGS)
        self._summaries = store.collection(SUMMARIES)
        self._clock = clock
        self._rescues = rescues
        self._settings = settings
        self._rules = RatingRules.from_settings(settings)

    # --- rating -------------------------------------------------------------------------------

    async def on_end(self, envelope: EventEnvelope) -> None:
        """Open the ratings of a rescue that has ended.  Idempotent."""
        ended = envelope.event
        assert isinstance(ended, RescueEnded)
        people = RescuePeople(
            rescue_id=ended.rescue_id,
            rider_id=ended.rider_id,
            driver_id=ended.driver_id,
            status=ended.status,
            ended_at=envelope.at,
        )
        with suppress(RatingNotPossible, RatingClosed):
            await self._insert(model.empty_ratings(people, self._rules))

    async def rate(self, rescue_id: str, principal: Principal, given: Rate) -> SeenRatings:
        """Rate the other side.  The same rating again changes nothing.

        Raises ``NotFound`` (another's rescue), ``ValidationFailed``, ``RatingNotPossible``, ``RatingClosed``,
        ``AlreadyRated``.
        """
        people = await self._rescues.people_of(rescue_id)
        side = None if people is None else _side_of(people, principal.user_id)
        if people is None or side is None:
            raise NotFound
        by, now = Actor(side, principal.user_id), to_milliseconds(self._clock.city())
        empty = model.empty_ratings(people, self._rules)
        if await self._ratings.get(empty.id) is None:
            await self._insert(empty)

        def rated(current: RescueRatings) -> RescueRatings | None:
            after = model.rate(current, side, given, self._rules, now)
            return None if after is current else after

        return self._seen(people, await self._change(empty.id, rated, by), side)

    async def of_rescue(self, rescue_id: str, principal: Principal) -> SeenRatings:
        """The ratings of a rescue, for its people and for operators.  Raises ``NotFound``."""
        people = await self._rescues.people_of(rescue_id)
        side = None if people is None else _side_of(people, principal.user_id)
        if people is None or (side is None and principal.operator is None):
            raise NotFound
        ratings = await self._ratings.get(model.document_id(rescue_id))
        if ratings is None:
            with suppress(RatingNotPossible):
                ratings = model.empty_ratings(people, self._rules)
        return self._seen(people, ratings, side)

    def _seen(self, people: RescuePeople, ratings: RescueRatings | None, side: Side | None) -> SeenRatings:
        may_rate = (
            ratings is not None
            and side is not None
            and model.may_rate(ratings, side, self._rules, self._clock.city())
        )
        return SeenRatings(rescue_id=people.rescue_id, ratings=ratings, side=side, may_rate=may_rate)

    async def _insert(self, ratings: RescueRatings) -> RescueRatings:
        """Store them, unless another request or a consumer did.  Raises ``RatingClosed``."""
        if self._clock.city() >= model.closes_at(ratings, self._rules):
            raise RatingClosed
        opened = RatingsOpened(
            rescue_id=ratings.rescue_id, rider_id=ratings.rider_id, driver_id=ratings.driver_id
        )
        try:
            return await self._ratings.insert(ratings, PendingEvents((opened,), SYSTEM, ratings.ended_at))
        except DuplicateKey:
            return await self._ratings.get(ratings.id) or ratings

    # --- showing ------------------------------------------------------------------------------

    async def on_deadline(self, document_id: str) -> None:
        """Show the one rating that was given, or forget that nobody gave any.  Idempotent."""
        now = to_milliseconds(self._clock.city())
        ratings = await self._ratings.get(document_id)
        if ratings is None:
            return
        if model.useless(ratings, now):
            with suppress(VersionConflict):  # somebody rates at this moment
                await self._ratings.delete(ratings.id, ratings.version)
            return
        with suppress(NotFound):
            await self._change(document_id, lambda current: model.show(current, now), SYSTEM)

    # --- reviews ------------------------------------------------------------------------------

    async def report(self, rating_id: str, principal: Principal, report: Report) -> None:
        """Have operators look at a rating about the person.  Idempotent.

        Raises ``NotFound``, also if the person is not the one whom the rating is about.
        """
        document_id, side = model.read_rating_id(rating_id)
        ratings = await self._ratings.get(document_id)
        about = model.other(side)
        if ratings is None or ratings.person(about) != principal.user_id:
            raise NotFound
        now = self._clock.city()
        by = Actor(about, principal.user_id)
        await self._change(document_id, lambda r: model.report(r, side, report.reason.strip(), now), by)

    async def in_review(
        self, limit: int, cursor: str | None
    ) -> tuple[list[tuple[RescueRatings, Side]], str | None]:
        """Ratings that wait for an operator, the longest first: those of up to *limit* rescues.

        Raises ``BadCursor``.
        """
        waiting = {"review_since": Range(lt=self._clock.city() + timedelta(days=1))}  # every one that is set
        page = await self._ratings.find(waiting, sort="review_since", limit=limit, cursor=cursor)
        found = [(ratings, side) for ratings in page.items for side in model.in_review(ratings)]
        return found, page.next_cursor

    async def review(self, by: Actor, rating_id: str, decision: Review, origin: Origin) -> RescueRatings:
        """Keep or hide a rating; audited.  Raises ``NotFound``."""
        document_id, side = model.read_rating_id(rating_id)
        now = self._clock.city()

        def reviewed(ratings: RescueRatings) -> RescueRatings | None:
            return model.review(ratings, side, decision, now)

        def acted(before: RescueRatings, after: RescueRatings) -> OperatorActed:
            was, will_be = before.rating(side), after.rating(side)
            return OperatorActed(
                action="ratings.review",
                subject=rating_id,
                person_id=before.person(side),
                before={"review": was.review if was else None},
                after={"review": will_be.review if will_be else None},
                reason=decision.note,
                origin=origin,
            )

        return await self._change(document_id, reviewed, by, acted)

    async def _change(
        self,
        document_id: str,
        change: Callable[[RescueRatings], RescueRatings | None],
        by: Actor,
        audit: Callable[[RescueRatings, RescueRatings], OperatorActed] | None = None,
    ) -> RescueRatings:
        """Save the change with an event for each rating that is shown or hidden by it."""

        def changed(current: RescueRatings) -> tuple[RescueRatings, PendingEvents | None] | None:
            after = change(current)
            if after is None:
                return None
            events: tuple[AnyEvent, ...] = model.shown_events(current, after)
            if audit is not None:
                events = (*events, audit(current, after))
            return after, PendingEvents(events, by, self._clock.city()) if events else None

        return await update(self._ratings, document_id, changed)

    # --- averages -----------------------------------------------------------------------------

    async def count(self, envelope: EventEnvelope) -> None:
        """Bring the average of the rated person up to date.  Idempotent, whatever ran before."""
        shown = envelope.event
        assert isinstance(shown, RatingShown)
        most = self._settings.counted
        summary_of = summary_id(shown.person_id, shown.role)
        for _ in range(RACES):
            summary = await self._summaries.get(summary_of) or RatingSummary(
                id=summary_of, person_id=shown.person_id, role=shown.role
            )
            after = counted(summary, shown, envelope.document_version, most)
            if after is None:
                return
            try:
                await (self._summaries.save if summary.version else self._summaries.insert)(after)
                return
            except (VersionConflict, DuplicateKey):
                continue
        raise VersionConflict(f"{summary_of} was changed {RACES} times while it was counted")

    async def rating_of(self, driver_id: str) -> float | None:
        """The average of a driver; ``None`` while nobody has rated them."""
        return (await self.standing(driver_id, "driver")).average

    async def standing(self, person_id: str, role: Side) -> Standing:
        """How the person is rated in that role."""
        summary = await self._summaries.get(summary_id(person_id, role))
        stars = summary.stars if summary else ()
        mean, weight = self._settings.prior_mean, self._settings.prior_weight
        return Standing(role=role, average=bayesian_average(stars, mean=mean, weight=weight), stars=stars)


def _side_of(people: RescuePeople, user_id: str) -> Side | None:
    """The side of the rescue that the person is on, if any."""
    if user_id == people.rider_id:
        return "rider"
    return "driver" if user_id == people.driver_id else None
