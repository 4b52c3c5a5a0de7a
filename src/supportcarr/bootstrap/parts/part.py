"""What a part, or an edge, adds to a process."""

from __future__ import annotations

from supportcarr.contracts.routing import Route
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import Deadline, JobHandler, PeriodicTask
from supportcarr.privacy.ports import PersonalData


class Part:
    """The objects of one part, and what it declares: by default nothing.

    A subclass builds the objects from the core and from the parts that it is given; it starts nothing.
    """

    def routes(self) -> list[Route]:
        return []

    def consumers(self) -> list[Consumer]:
        return []

    def deadlines(self) -> list[Deadline]:
        return []

    def periodic_tasks(self) -> list[PeriodicTask]:
        return []

    def job_handlers(self) -> list[JobHandler]:
        """Those of the jobs that the part adds itself; slow consumers have theirs already."""
        return []

    def personal_data(self) -> list[PersonalData]:
        """What the part holds of people."""
        return []

    async def close(self) -> None:
        """Write what is buffered, and close what the part opened."""
