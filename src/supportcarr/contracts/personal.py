"""Declare which fields of documents and events are personal, and whose they are.

::

    class User(Document, frozen=True, kw_only=True):
        phone: Annotated[str, Personal("id")]
        pickup: Annotated[GeoPoint, Personal("rider_id", clear=COARSE_CELL)]
        quote: Annotated[QuoteTerms, Personal("rider_id", inside=("pickup", "dropoff"))]
        timeline: Annotated[tuple[TimelineEntry, ...], PersonalItems("reason", "actor.id", key="version")]

A process sees plain values.  What is stored is sealed with the data key of the person whom the field names
(``kit.sealing``); after that key was destroyed, readers see the neutral value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

DELETED = "Deleted account"  # what a text of a deleted person reads


@dataclass(frozen=True, slots=True)
class Clear:
    """What stays readable beside a sealed value, for queries and for readers once the value is gone.

    It is stored as ``FIELD_SUFFIX``.  ``of`` makes the text of the value, ``neutral`` a value of the text.
    """

    suffix: str
    of: Callable[[Any], str]
    neutral: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Personal:
    """A field that says something of a person, in ``Annotated``.

    ``owners`` are fields of the same document or event that hold the person's id (``sender.id``: inside one);
    the first that is set counts.  ``neutral`` is what readers see once the data key is destroyed; a field
    that may be ``None`` is ``None`` then.  ``inside`` names the fields of the value that are personal, if not
    all of it is.  ``clear`` is what is stored in clear beside it.
    """

    owners: tuple[str, ...]
    neutral: Any
    inside: tuple[str, ...]
    clear: Clear | None
    _owners_in: tuple[Callable[[Any], Any], ...]

    def __init__(
        self,
        *owners: str,
        neutral: Any = DELETED,
        inside: tuple[str, ...] = (),
        clear: Clear | None = None,
    ) -> None:
        for name, value in (("owners", owners), ("neutral", neutral), ("inside", inside), ("clear", clear)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_owners_in", tuple(attrgetter(owner) for owner in owners))

    def owner_of(self, holder: Any) -> str | None:
        """The id of the person whom the field of *holder* concerns; ``None`` if none is known."""
        for owner_in in self._owners_in:
            owner: str | None = owner_in(holder)
            if owner is not None:
                return owner
        return None


@dataclass(frozen=True, slots=True)
class PersonalItems:
    """A tuple of structs in each of which one field is personal, in ``Annotated``.

    ``field`` is that field; it may be ``None``, and is once the data key is destroyed.  ``owner`` is the
    field of the struct with the person's id, and ``key`` the one that tells the struct from the others.
    """

    field: str
    owner: str
    key: str
