"""Finds people for the console by what several parts know of them."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.auth.people import PeopleService
from supportcarr.contracts.errors import ValidationFailed
from supportcarr.drivers.plates import Plates


class PeopleSearch:
    """Implements ``operations.ports.PeopleFinder`` and ``drivers.ports.PeopleFinder``."""

    def __init__(self, people: PeopleService, plates: Plates) -> None:
        self._people = people
        self._plates = plates

    async def find(self, text: str) -> Sequence[str]:
        drivers = await self._plates.drivers_with(text)
        try:
            users = await self._people.find(text)
        except ValidationFailed:  # no phone number, but maybe a plate of digits alone
            if not drivers:
                raise
            return drivers
        return list(dict.fromkeys([*(user.id for user in users), *drivers]))
