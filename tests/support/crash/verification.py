"""Verify a world after all its rescues have ended, whatever was killed on the way.

Every committed event (each process records what its store acknowledged) must have had all its effects
exactly once, and the store, the streams and the Stripe emulator must agree.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from support.crash.scenario import find_all
from support.crash.steps import read_events
from support.crash.world import World
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PaymentProcessed, RescueMoved
from supportcarr.contracts.rescues import FINAL
from supportcarr.dispatch.collections import CASES, OFFERS, ROSTER
from supportcarr.kit.jobs.service import JOBS
from supportcarr.kit.redis import keys
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.model import notification_id
from supportcarr.notifications.texts import notification_texts
from supportcarr.operations.model import OpsRescue, apply_event
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.privacy.collections import DELETIONS
from supportcarr.realtime.event_mapping import to_stream_messages
from supportcarr.rescues.collections import RESCUES
from supportcarr.riders.collections import RIDERS
from supportcarr.tracking.collections import CURRENT_JOBS
from supportcarr_lab.verification import invariants, records
from supportcarr_lab.verification.store_source import StoreRecordSource


async def verify(world: World, *, every_event_known: bool = True) -> list[str]:
    """Return a sentence for each problem.

    If not *every_event_known* (a process was killed during a write, so that an event may be committed but
    not recorded), effects of unrecorded events are accepted.
    """
    events = read_events(world.deployment.events)
    evidence = await records.read_records(StoreRecordSource(world.store, world.deployment.stripe_url))
    found = [
        *invariants.legal_transitions(evidence.rescues),
        *invariants.ledger_zero(evidence.ledger),
        *invariants.money_matches(
            evidence.rescues, evidence.payments, evidence.ledger, evidence.processor_payments
        ),
        *invariants.one_job_per_driver(evidence.rescues),
        *invariants.one_live_per_rider(evidence.rescues),
        *invariants.drained(
            evidence.pending_work, evidence.rescues, evidence.offers, evidence.payments, caught_up=True
        ),
        *await _claims(world),
        *await _streams(world, events, every_event_known),
        *await _notifications(world, events, every_event_known),
        *await _jobs(world),
        *([f"{world.failures} deadlines failed"] if world.failures else []),
    ]
    return found + (await _rows(world, events) if every_event_known else [])


async def _claims(world: World) -> list[str]:
    """No claim, case, offer or job belongs to a rescue that has ended or never existed."""
    live = {r.id: r for r in await find_all(world, RESCUES) if r.status not in FINAL}
    found = []
    for rider in await find_all(world, RIDERS):
        claimed = rider.live_rescue.rescue_id if rider.live_rescue else None
        if claimed is not None and claimed not in live:
            found.append(f"{rider.id} is claimed by {claimed}, which has ended or never existed")
    for entry in await find_all(world, ROSTER):
        if entry.offer is not None:
            found.append(f"{entry.id} is claimed by the offer {entry.offer.offer_id}")
        if entry.job is not None and entry.job.rescue_id not in live:
            found.append(f"{entry.id} has the job {entry.job.rescue_id}, which has ended or never existed")
    for case in await find_all(world, CASES):
        if case.state != "closed" and case.id not in live:
            found.append(f"the case of {case.id} is {case.state}")
    for offer in await find_all(world, OFFERS):
        if offer.state == "open" or not offer.settled:
            found.append(f"the offer {offer.id} is {offer.state} and not settled")
    for job in await find_all(world, CURRENT_JOBS):
        if job.ended_at is None and job.rescue_id not in live:
            found.append(f"tracking has {job.id} on {job.rescue_id}, which has ended")
    return found


async def _jobs(world: World) -> list[str]:
    return [f"the job {job.id} is {job.state}" for job in await find_all(world, JOBS) if job.state != "done"]


async def _streams(world: World, events: Sequence[EventEnvelope], complete: bool) -> list[str]:
    """Each event is once on each of its streams, numbered without gaps, in order per document."""
    wanted: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for event in events:
        for out in to_stream_messages(event):
            for stream in out.streams:
                wanted[stream][(f"{event.collection}.{event.id}", out.name)] += 1
    heads = await world.redis.call("HGETALL", keys.stream_positions(), decode=True)
    found = []
    for stream in sorted({*wanted, *(name for name in heads[::2] if name)}):
        entries = await world.redis.call("XRANGE", keys.stream(stream), "-", "+", decode=True)
        fields = [dict(zip(entry[1][::2], entry[1][1::2], strict=True)) for entry in entries]
        seen = Counter((field["id"], field["name"]) for field in fields)
        for (event_id, name), times in (wanted[stream] - seen).items():
            found.append(f"{stream}: {name} of {event_id} is missing {times} time(s)")
        for (event_id, name), times in (seen - wanted[stream]).items():
            if complete or times > 1:
                found.append(f"{stream}: {name} of {event_id} has {times} extra copies")
        numbers = [int(entry[0].partition("-")[0]) for entry in entries]
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"{stream}: the numbers are {numbers}")
        found += _out_of_order(stream, fields)
    return found


def _out_of_order(stream: str, fields: Iterable[dict[str, str]]) -> Iterator[str]:
    versions: Counter[str] = Counter()
    for field in fields:
        if field["name"] == "rescue:status_update":
            data: dict[str, Any] = json.loads(field["data"])
            if data["version"] < versions[data["rescue_id"]]:
                yield f"{stream}: version {data['version']} after {versions[data['rescue_id']]}"
            versions[data["rescue_id"]] = data["version"]


async def _notifications(world: World, events: Sequence[EventEnvelope], complete: bool) -> list[str]:
    """Everyone who must be notified of an event was notified once, and of nothing else.

    What retention or an erasure has removed is not missing.
    """
    settings = world.container.settings.privacy
    kept_since = world.clock.city() - timedelta(days=settings.notification_days)
    erased = {
        deletion.id
        for deletion in await find_all(world, DELETIONS)
        if deletion.state in ("erasing", "erased")
    }
    allowed: set[str] = set()
    wanted: set[str] = set()
    for event in events:
        for notice in notification_texts(event.event):
            created = notification_id(f"{event.collection}.{event.id}", notice.user_id, event.at)
            allowed.add(created)
            if event.at >= kept_since and notice.user_id not in erased:
                wanted.add(created)
    stored = {notification.id for notification in await find_all(world, NOTIFICATIONS)}
    found = [f"notification {missing} is missing" for missing in sorted(wanted - stored)]
    return found + (
        [f"notification {extra} has no event" for extra in sorted(stored - allowed)] if complete else []
    )


async def _rows(world: World, events: Sequence[EventEnvelope]) -> list[str]:
    """The console's read model equals the result of applying all events."""
    made: dict[str, OpsRescue | None] = {}
    for event in events:
        if isinstance(event.event, RescueMoved | PaymentProcessed):
            rescue_id = event.event.rescue_id
            made[rescue_id] = apply_event(made.get(rescue_id), event)
    # By id: a query of a read model may be answered by a replica that lags behind.
    rows = await world.store.collection(OPS_RESCUES).get_many(list(made))
    stored = {row.id: replace(row, version=0) for row in rows.values()}
    return [
        f"the console's row of {rescue_id} is {stored.get(rescue_id)}, not {row}"
        for rescue_id, row in made.items()
        if stored.get(rescue_id) != row
    ]
