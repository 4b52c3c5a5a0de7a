"""How long live events take from their save until they are written to a client's socket."""

from __future__ import annotations

from datetime import datetime

from supportcarr.kit.observability.timings import Timings
from supportcarr.kit.runtime.clock import Clock


class Delivery:
    """Measures by the time that an event carries, which is that of its save.

    That is city time: in a simulated city whose clock runs fast the difference is divided by its speed.
    Clocks of several machines differ, so a difference may be negative, and counts as none.
    """

    __slots__ = ("_clock", "timings")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.timings = Timings()

    def observe(self, at: str) -> None:
        """An event of that time (RFC 3339) was handed to the writer of a socket."""
        saved = datetime.fromisoformat(at).timestamp()
        self.timings.observe(max(0.0, (self._clock.city_seconds() - saved) / self._clock.speed))
