"""The options of ``supportcarr demo``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Options of one demo run; ``supportcarr demo --help`` explains each."""

    seconds: float | None = None
    riders: int = 60
    drivers: int = 40
    speed: float = 1.0
    demand: str | None = None
    seed: int = 1
    photos: float = 0.2
    applicants: int | None = None  # None: a tenth of the drivers
    kills: int = 0
    redis_wipes: int = 0
    port: int = 8000
    data: str = ".data/demo"
    accounts: str | None = None
    visitors: bool | None = None  # None: if the run has no end
    report: str | None = None

    @property
    def with_visitors(self) -> bool:
        """Whether there are accounts for the person who looks at the demo."""
        return self.seconds is None if self.visitors is None else self.visitors
