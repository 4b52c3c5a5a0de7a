"""What every operation of the emulator works with: the books, the time, and the events it causes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.behaviour import Behaviour
from supportcarr_lab.emulators.stripe.database import EmulatorDatabase, Object
from supportcarr_lab.emulators.stripe.errors import invalid, missing
from supportcarr_lab.emulators.stripe.params import Params


@dataclass(slots=True)
class RequestSession:
    """One request being carried out; all of it is one transaction of the books."""

    database: EmulatorDatabase
    behaviour: Behaviour
    request_id: str
    idempotency_key: str | None = None  # the idempotency key
    webhooks_enabled: bool = False  # somebody listens to webhooks
    at: float = field(default_factory=time.time)
    events_recorded: int = 0

    @property
    def now(self) -> int:
        return int(self.at)

    def find(self, kind: str, id: str, param: str) -> Object:
        """The object of that id.  Raises the fault of a missing one."""
        thing = self.database.get(id, kind)
        if thing is None:
            raise missing(kind, id, param)
        return thing

    def record_event(self, type: str, thing: Object) -> None:
        """An event happened: keep it, and have it sent."""
        event = objects.event(
            self.now,
            type,
            thing,
            request_id=self.request_id,
            key=self.idempotency_key,
            endpoints=1 if self.webhooks_enabled else 0,
        )
        self.database.put(event)
        if self.webhooks_enabled:
            # a thousandth of a second apart, so that they leave in the order in which they happened
            for due in self.behaviour.delivery_times(self.at + self.events_recorded / 1000):
                self.database.schedule_delivery(event, due)
        self.events_recorded += 1

    def list_page(
        self, kind: str, url: str, params: Params, *, customer: str | None = None, intent: str | None = None
    ) -> Object:
        """One page of a list, newest first."""
        limit = params.integer("limit")
        after, before = params.text("starting_after"), params.text("ending_before")
        if limit is not None and not 1 <= limit <= 100:
            raise invalid("This value must be between 1 and 100 (inclusive).", param="limit")
        for name, edge in (("starting_after", after), ("ending_before", before)):
            if edge is not None:
                self.find(kind, edge, name)
        wanted = limit or 10
        found = self.database.newest(
            kind, customer=customer, intent=intent, after=after, before=before, limit=wanted + 1
        )
        more = len(found) > wanted
        page = found[-wanted:] if before else found[:wanted]
        return {"object": "list", "data": page, "has_more": more, "url": url}
