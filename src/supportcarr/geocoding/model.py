"""Found places: matching, order and duplicates.  Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from supportcarr.contracts.geo import GeoPoint, distance_m

Source = Literal["saved", "recent", "named", "mapbox"]

SAME_PLACE_M = 40.0
OWN_NEAR_M = 75.0  # a saved or recent place that near is where the person is
_LETTERS = {ord("œ"): "oe", ord("æ"): "ae", ord("ß"): "ss", ord("ø"): "o", ord("ł"): "l", ord("đ"): "d"}


class FoundPlace(msgspec.Struct, frozen=True):
    """A place that somebody may mean.  ``detail`` says where it is: a district, a town, an address."""

    label: str
    point: GeoPoint
    source: Source
    detail: str | None = None


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case and without accents, so that "Cote" finds "Côte"."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    letters = (
        character if character.isalnum() else " "
        for character in plain
        if not unicodedata.combining(character)
    )
    return tuple("".join(letters).split())


def matches(found: FoundPlace, words: Sequence[str]) -> bool:
    """Whether each of *words* begins a word of the place's label or detail."""
    known = words_of(f"{found.label} {found.detail or ''}")
    return all(any(word.startswith(part) for word in known) for part in words)


def without_repeats(places: Iterable[FoundPlace], limit: int) -> list[FoundPlace]:
    """The first *limit* places; one that is the same as an earlier one is left out.

    Two places are the same if they are at one point, or near each other with the same label.
    """
    kept: list[FoundPlace] = []
    for place in places:
        if len(kept) == limit:
            break
        words = words_of(place.label)
        if not any(
            (words == words_of(other.label) and distance_m(place.point, other.point) <= SAME_PLACE_M)
            or place.point == other.point
            for other in kept
        ):
            kept.append(place)
    return kept


def nearest(places: Iterable[FoundPlace], point: GeoPoint, within_m: float) -> list[FoundPlace]:
    """The places within that distance of the point, the nearest first."""
    measured = sorted(((distance_m(place.point, point), place) for place in places), key=lambda pair: pair[0])
    return [place for metres, place in measured if metres <= within_m]
