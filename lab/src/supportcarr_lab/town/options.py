"""The options of ``supportcarr seed town``; the same options make the same town."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

from supportcarr.kit.runtime.ids import derived_id

ENDS_AT = time(16, 0)  # local time; a new city starts at the same hour
RESCUES_OF_RIDER = 8  # on average
FEWEST_DRIVERS, FEWEST_RIDERS = 20, 12  # so that there are some in every state


@dataclass(frozen=True)
class TownOptions:
    """``until`` is the last day of the history."""

    until: date
    drivers: int = 1_000
    rescues: int = 50_000
    weeks: int = 6
    seed: int = 1
    timezone: str = "America/Toronto"

    @property
    def riders(self) -> int:
        return max(FEWEST_RIDERS, self.rescues // RESCUES_OF_RIDER)

    @cached_property
    def ends_at(self) -> datetime:
        """City time at which the history ends, and at which the city goes on when it is started."""
        return datetime.combine(self.until, ENDS_AT, ZoneInfo(self.timezone)).astimezone(UTC)

    @cached_property
    def begins_at(self) -> datetime:
        return self.ends_at - timedelta(weeks=self.weeks)

    @property
    def name(self) -> str:
        """All that the town depends on."""
        return f"{self.seed}:{self.until}:{self.drivers}:{self.rescues}:{self.weeks}"


class Dice:
    """What is left to chance, always the same for the same options."""

    def __init__(self, options: TownOptions) -> None:
        self._name = options.name

    def random(self, *what: object) -> Random:
        """A generator for that purpose."""
        return Random(f"town:{self._name}:{what}")  # noqa: S311 - not used for secrets

    def new_id(self, prefix: str, at: datetime, *what: object) -> str:
        """The id of a document that was made at that time."""
        return derived_id(prefix, at, f"{self._name}:{what}")


def seconds_after(at: datetime, rng: Random, least: float, most: float) -> datetime:
    """A time between *least* and *most* seconds after *at*, in whole milliseconds."""
    return at + timedelta(milliseconds=int(rng.uniform(least, most) * 1000))


def weighted(rng: Random, choices: Sequence[tuple[str, float]]) -> str:
    """One of the choices, by weight."""
    names, weights = zip(*choices, strict=True)
    return str(rng.choices(names, weights)[0])
