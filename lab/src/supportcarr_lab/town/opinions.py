"""Ratings of rescues, their reviews, and what rider and driver write to each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE
from supportcarr.contracts.envelope import AnyEvent, PendingEvents
from supportcarr.contracts.events import OperatorActed, RatingShown
from supportcarr.contracts.ids import MESSAGE
from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.ratings import model
from supportcarr.ratings.average import RatingSummary, counted, summary_id
from supportcarr.ratings.commands import Rate, Review, Side
from supportcarr.ratings.model import RATABLE, RatingRules, RescueRatings
from supportcarr.ratings.settings import RatingSettings
from supportcarr.rescues.model import Message, Rescue
from supportcarr_lab.town.options import Dice, seconds_after
from supportcarr_lab.town.records import Listener, saved

RULES, COUNTED = RatingRules(), RatingSettings().counted
_STARS, _WEIGHTS = (5, 4, 3, 2, 1), (72, 17, 6, 3, 2)
_RATED: dict[Side, float] = {"rider": 0.6, "driver": 0.5}
_GOOD: dict[Side, tuple[str, ...]] = {
    "rider": ("on_time", "friendly", "careful", "good_communication", "clean_vehicle"),
    "driver": ("ready", "friendly", "easy_to_find", "as_described"),
}
_BAD: dict[Side, tuple[str, ...]] = {
    "rider": ("late", "unfriendly", "careless", "dirty_vehicle"),
    "driver": ("kept_waiting", "hard_to_find", "not_as_described"),
}
_PRAISE = ("Thank you, that was quick!", "Very kind, and careful with my bike.", "Great.")
_BLAME = ("I waited much longer than promised.", "Not a nice ride.")
_CHAT = (
    ("driver", "I am on my way."),
    ("rider", "I wait in front of the bakery."),
    ("driver", "I see you, I park behind the bus stop."),
    ("rider", "Thank you!"),
)


class Opinions:
    """The ratings of the whole town, and everybody's averages."""

    def __init__(self, ends_at: datetime, support: Actor, dice: Dice, listener: Listener) -> None:
        self._ends_at, self._support, self._dice, self._listener = ends_at, support, dice, listener
        self.summaries: dict[str, RatingSummary] = {}

    def ratings(self, rescue: Rescue, rng: Random) -> RescueRatings | None:
        """What both sides gave until the town's end; ``None``: nothing is stored of it."""
        ended = rescue.ended_at
        if rescue.status not in RATABLE or rescue.driver_id is None or ended is None:
            return None
        people = RescuePeople(
            rescue_id=rescue.id,
            rider_id=rescue.rider_id,
            driver_id=rescue.driver_id,
            status=rescue.status,
            ended_at=ended,
        )
        ratings = saved(model.empty_ratings(people, RULES))
        given: list[tuple[datetime, Side]] = sorted(
            (seconds_after(ended, rng, 30, 200_000 if rng.random() < 0.2 else 1_800), side)
            for side in model.SIDES
            if rng.random() < _RATED[side]
        )
        for at, side in given:
            if at < self._ends_at:
                rated = model.rate(ratings, side, _rate(side, rng), RULES, at)
                ratings = self._save(ratings, rated, Actor(side, ratings.person(side)), at)
        if ratings.due_at is not None and ratings.due_at <= self._ends_at:
            if model.useless(ratings, ratings.due_at):
                return None
            shown = model.show(ratings, ratings.due_at)
            if shown is not None:
                ratings = self._save(ratings, shown, SYSTEM, ratings.due_at)
        return self._reviewed(ratings, rng)

    def _reviewed(self, ratings: RescueRatings, rng: Random) -> RescueRatings:
        """Operators look at most of the low ratings within a day."""
        if ratings.review_since is None:
            return ratings
        at = seconds_after(ratings.review_since, rng, 3_600, 86_400)
        if at >= self._ends_at or rng.random() < 0.1:
            return ratings
        for side in model.in_review(ratings):
            decision = Review("hide", "Not about this rescue.") if rng.random() < 0.15 else Review("keep")
            after = model.review(ratings, side, decision, at)
            if after is not None:
                was, will_be = ratings.rating(side), after.rating(side)
                acted = OperatorActed(
                    action="ratings.review",
                    subject=model.rating_id(ratings.id, side),
                    person_id=ratings.person(side),
                    before={"review": was.review if was else None},
                    after={"review": will_be.review if will_be else None},
                    reason=decision.note,
                    origin=NOWHERE,
                )
                ratings = self._save(ratings, after, self._support, at, (acted,))
        return ratings

    def _save(
        self,
        before: RescueRatings,
        after: RescueRatings,
        by: Actor,
        at: datetime,
        more: tuple[AnyEvent, ...] = (),
    ) -> RescueRatings:
        stored = saved(after)
        pending = PendingEvents((*model.shown_events(before, after), *more), by, at)
        for envelope in pending.envelopes("ratings", stored.id, stored.version):
            if isinstance(envelope.event, RatingShown):
                self._count(envelope.event, envelope.document_version)
            self._listener(envelope)
        return stored

    def _count(self, shown: RatingShown, version: int) -> None:
        name = summary_id(shown.person_id, shown.role)
        summary = self.summaries.get(name) or RatingSummary(
            id=name, person_id=shown.person_id, role=shown.role
        )
        after = counted(summary, shown, version, COUNTED)
        if after is not None:
            self.summaries[name] = saved(after)

    def messages(self, rescue: Rescue, rng: Random) -> list[Message]:
        """What they write to each other while the driver is on the way."""
        on_the_way = [entry.at for entry in rescue.timeline if entry.to == "en_route"]
        if not on_the_way or rescue.driver_id is None or rng.random() > 0.15:
            return []
        people = {"rider": rescue.rider_id, "driver": rescue.driver_id}
        at, written = on_the_way[-1], []
        for role, text in _CHAT[: rng.randint(1, len(_CHAT))]:
            at = seconds_after(at, rng, 5, 20)
            if rescue.ended_at is not None and at > rescue.ended_at + timedelta(hours=1):
                break
            sender = Actor("rider" if role == "rider" else "driver", people[role])
            message_id = self._dice.new_id(MESSAGE, at, rescue.id)
            written.append(
                Message(id=message_id, version=1, rescue_id=rescue.id, sender=sender, text=text, at=at)
            )
        return written


def _rate(side: Side, rng: Random) -> Rate:
    stars = rng.choices(_STARS, _WEIGHTS)[0]
    reasons = _GOOD[side] if stars > 3 else _BAD[side]
    comment = rng.choice(_PRAISE if stars > 3 else _BLAME) if rng.random() < 0.2 else None
    return Rate(stars, tuple(rng.sample(reasons, rng.randint(0, 2))), comment)
