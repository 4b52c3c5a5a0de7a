"""The session of one request: database, time, and the events that it records."""

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
    """One request being carried out, in one transaction of the database.  *at* is Unix time in seconds."""

    database: EmulatorDatabase
    behaviour: Behaviour
    request_id: str
    idempotency_key: str | None = None
    webhooks_enabled: bool = False
    at: float = field(default_factory=time.time)
    events_recorded: int = 0

    @property
    def now(self) -> int:
        return int(self.at)

    def find(self, kind: str, id: str, param: str) -> Object:
        """The object with that id.  Raises ``StripeApiError`` (404) if there is none."""
        found = self.database.get(id, kind)
        if found is None:
            raise missing(kind, id, param)
        return found

    def record_event(self, type: str, item: Object) -> None:
        """Store an event about *item* and schedule its webhook."""
        event = objects.event(
            self.now,
            type,
            item,
            request_id=self.request_id,
            key=self.idempotency_key,
            endpoints=1 if self.webhooks_enabled else 0,
        )
        self.database.put(event)
        if self.webhooks_enabled:
            # One millisecond apart, so that webhooks are sent in the order of their events.
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
        page_size = limit or 10
        found = self.database.newest(
            kind, customer=customer, intent=intent, after=after, before=before, limit=page_size + 1
        )
        page = found[-page_size:] if before else found[:page_size]
        return {"object": "list", "data": page, "has_more": len(found) > page_size, "url": url}
