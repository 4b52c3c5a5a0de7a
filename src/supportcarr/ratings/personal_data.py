"""What ratings hold of a person: those that they gave, and what others said of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events
from supportcarr.ratings import model
from supportcarr.ratings.average import summary_id
from supportcarr.ratings.collections import RATINGS, SUMMARIES
from supportcarr.ratings.commands import Side
from supportcarr.ratings.model import SIDES, RescueRatings

PAGE = 200


class RatingData:
    """``privacy.ports.PersonalData`` of ratings.

    The stars that an erased person gave stay, under the person's id: they count for the other side.
    """

    part = "ratings"
    slow = False

    def __init__(self, store: Store) -> None:
        self._ratings = store.collection(RATINGS)
        self._summaries = store.collection(SUMMARIES)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        given: list[dict[str, Any]] = []
        received: list[dict[str, Any]] = []
        for side in SIDES:
            async for ratings in self._of(person_id, side):
                if ratings.rating(side) is not None:
                    given.append(_exported(ratings, side))
                if model.visible(ratings, model.other(side)) is not None:
                    received.append(_exported(ratings, model.other(side), words=False))
        return {name: found for name, found in (("given", given), ("received", received)) if found}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        for side in SIDES:
            async for ratings in self._of(person_id, side):
                forgotten = without_events(lambda current: model.without_person(current, person_id))
                await update(self._ratings, ratings.id, forgotten)
            await delete_document(self._summaries, summary_id(person_id, side))

    async def _of(self, person_id: str, side: Side) -> AsyncIterator[RescueRatings]:
        cursor: str | None = None
        while True:
            page = await self._ratings.find(
                {f"{side}_id": person_id}, sort="ended_at", limit=PAGE, cursor=cursor
            )
            for ratings in page.items:
                yield ratings
            cursor = page.next_cursor
            if cursor is None:
                return


def _exported(ratings: RescueRatings, by: Side, *, words: bool = True) -> dict[str, Any]:
    """One rating; without *words* what the other side wrote is left out."""
    given = ratings.rating(by)
    assert given is not None, "the caller has checked it"
    exported = {
        "rescue_id": ratings.rescue_id,
        "at": given.at,
        "stars": given.stars,
        "reasons": given.reasons,
    }
    return exported | ({"comment": ratings.comment(by)} if words else {})
