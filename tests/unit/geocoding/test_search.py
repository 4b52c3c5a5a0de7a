"""Searching places: the person's own first, and whatever is left when a source fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from supportcarr.contracts.geo import GeoPoint, Place
from supportcarr.geocoding.model import FoundPlace, matches, without_repeats, words_of
from supportcarr.geocoding.ports import GeocoderUnavailable
from supportcarr.geocoding.service import GeocodingService

HOME = GeoPoint(45.53, -73.6)
NORTH_1_KM = GeoPoint(45.539, -73.6)


@dataclass(frozen=True)
class Saved:
    name: str
    place: Place


@dataclass
class Persons:
    """The saved and recent places of each person."""

    saved: dict[str, list[Saved]] = field(default_factory=dict)
    recent: dict[str, list[Place]] = field(default_factory=dict)

    async def listed(self, rider_id: str) -> Sequence[Saved]:
        return self.saved.get(rider_id, [])

    async def of_rider(self, rider_id: str) -> Sequence[Place]:
        return self.recent.get(rider_id, [])


@dataclass
class Names:
    found: list[FoundPlace] = field(default_factory=list)

    async def search(self, words: Sequence[str], near: GeoPoint | None, limit: int) -> Sequence[FoundPlace]:
        return [place for place in self.found if matches(place, words)]

    async def around(self, point: GeoPoint) -> Sequence[FoundPlace]:
        return self.found


@dataclass
class Provider:
    found: list[FoundPlace] = field(default_factory=list)
    fails: bool = False

    async def search(
        self, text: str, near: GeoPoint | None, limit: int, language: str
    ) -> Sequence[FoundPlace]:
        return self._answer()

    async def around(self, point: GeoPoint, limit: int, language: str) -> Sequence[FoundPlace]:
        return self._answer()

    async def close(self) -> None: ...

    def _answer(self) -> list[FoundPlace]:
        if self.fails:
            raise GeocoderUnavailable("timeout")
        return self.found


PERSONS = Persons(
    saved={"usr_1": [Saved("Maison", Place(45.53, -73.6, "1234 rue Rachel"))]},
    recent={
        "usr_1": [Place(45.5, -73.57, "10 rue Maisonneuve")],
        "usr_2": [Place(45.4, -73.5, "9 Maison Sq")],
    },
)
MAPBOX = FoundPlace("Rue Maison", GeoPoint(45.52, -73.61), "mapbox", "Montréal")
NAMED = FoundPlace("Maisonnette", GeoPoint(45.55, -73.55), "named")


async def found(service: GeocodingService, text: str, person: str = "usr_1") -> list[tuple[str, str]]:
    return [(one.source, one.label) for one in await service.search(person, text, None, 10, "fr")]


async def test_the_persons_own_places_come_first_and_nobody_elses_ever() -> None:
    service = GeocodingService(PERSONS, PERSONS, Names([NAMED]), Provider([MAPBOX]))
    assert await found(service, "maison") == [
        ("saved", "Maison"),
        ("recent", "10 rue Maisonneuve"),
        ("mapbox", "Rue Maison"),
        ("named", "Maisonnette"),
    ]
    assert ("recent", "9 Maison Sq") not in await found(service, "9 maison")
    assert ("saved", "Maison") not in await found(service, "maison", "usr_2")


async def test_without_words_it_suggests_what_the_person_used() -> None:
    service = GeocodingService(PERSONS, PERSONS, Names([NAMED]), Provider([MAPBOX]))
    assert await found(service, "  ?") == [("saved", "Maison"), ("recent", "10 rue Maisonneuve")]


async def test_while_the_provider_fails_the_other_sources_answer() -> None:
    service = GeocodingService(PERSONS, PERSONS, Names([NAMED]), Provider(fails=True))
    assert [source for source, _ in await found(service, "maison")] == ["saved", "recent", "named"]
    around = await service.around("usr_1", HOME, 5, "fr")
    assert [one.source for one in around] == ["saved", "named"]


async def test_the_address_of_a_point_is_ones_own_place_there_else_the_providers() -> None:
    service = GeocodingService(PERSONS, PERSONS, Names([NAMED]), Provider([MAPBOX]))
    assert [one.label for one in await service.around("usr_1", HOME, 1, "fr")] == ["Maison"]
    assert [one.label for one in await service.around("usr_2", HOME, 1, "fr")] == ["Rue Maison"]
    assert [one.label for one in await service.around("usr_1", NORTH_1_KM, 1, "fr")] == ["Rue Maison"]


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("Côte-des-Neiges", "cote des nei", True),
        ("Côte-des-Neiges", "neiges côte", True),
        ("Côte-des-Neiges", "ote", False),
        ("Sacré-Cœur", "sacre coeur", True),
        ("10 Rue St-Denis", "10 st d", True),
        ("10 Rue St-Denis", "11 st d", False),
    ],
)
def test_words_match_from_their_beginnings_without_accents(label: str, text: str, expected: bool) -> None:
    assert matches(FoundPlace(label, HOME, "named"), words_of(text)) is expected


def test_one_place_of_several_sources_is_shown_once() -> None:
    near = FoundPlace("Maison", GeoPoint(45.5301, -73.6), "recent")
    elsewhere = FoundPlace("Maison", NORTH_1_KM, "named")
    first = FoundPlace("maison", HOME, "saved")
    assert without_repeats([first, near, elsewhere], 5) == [first, elsewhere]
    assert without_repeats([first, elsewhere], 1) == [first]
