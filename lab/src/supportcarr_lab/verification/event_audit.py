"""The event audit (``events_exact``): compares the clients' journals with the events they should have.

An event may be missing if its epoch ended before the client received it, and the state that the client
loaded next contains the same information.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from supportcarr_lab.simulator.journal import (
    AUDITED_EVENTS,
    EventKey,
    JournalRecord,
    LoadedState,
    Subscription,
)
from supportcarr_lab.verification.expected_events import ExpectedEvent


class EventCounts(msgspec.Struct, frozen=True, kw_only=True):
    """*expected* = *received* + *reloaded* + *lost*.

    *reloaded*: lost with the end of an epoch, but contained in the state that the client loaded next.
    """

    expected: int = 0
    received: int = 0
    reloaded: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0


class EventAuditResult(msgspec.Struct, frozen=True, kw_only=True):
    """The counts, and a sentence for each finding (the first few of each client)."""

    counts: EventCounts
    unexpected: int  # events that clients received but that do not follow from the store
    findings: list[str]

    @property
    def exact(self) -> bool:
        """Whether every client received every event exactly once, in order."""
        counts = self.counts
        wrong = counts.lost + counts.duplicated + counts.reordered + self.unexpected
        return wrong == 0 and counts.expected == counts.received + counts.reloaded


FINDINGS_PER_CLIENT = 5


def audit_events(
    journals: Iterable[JournalRecord], expected: Mapping[str, list[ExpectedEvent]]
) -> EventAuditResult:
    """Audit every client; *expected* is by user id."""
    totals: Counter[str] = Counter()
    findings: list[str] = []
    for journal in journals:
        counts, sentences = _audit_client(journal, expected.get(journal.user_id, []))
        totals.update(counts)
        findings += [f"{journal.user_id}: {sentence}" for sentence in sentences[:FINDINGS_PER_CLIENT]]
    unexpected = totals.pop("unexpected", 0)
    event_counts = EventCounts(**{name: totals.get(name, 0) for name in EventCounts.__struct_fields__})
    return EventAuditResult(counts=event_counts, unexpected=unexpected, findings=findings)


def _audit_client(journal: JournalRecord, candidates: list[ExpectedEvent]) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    findings: list[str] = []
    stream = f"user:{journal.user_id}"
    subscriptions = [s for s in journal.subscriptions if s.stream == stream]
    if not subscriptions:
        return counts, findings  # never connected, so it should have received nothing
    subscribed_at = subscriptions[0].at
    received = Counter(event.key for event in journal.received if event.key[0] in AUDITED_EVENTS)
    by_key = {event.key: event for event in candidates}
    # An event from before the subscription need not be received, but it may be: it was published late.
    expected = [event for event in by_key.values() if event.at >= subscribed_at or event.key in received]
    for event in expected:
        if event.key in received:
            counts["received"] += 1
        elif _was_reloaded(event, subscriptions, journal.loaded_states):
            counts["reloaded"] += 1
        else:
            counts["lost"] += 1
            findings.append(f"never received {' '.join(event.key)}")
    counts["expected"] = len(expected)
    for key, times in received.items():
        if times > 1:
            counts["duplicated"] += times - 1
            findings.append(f"received {' '.join(key)} {times} times")
        if key not in by_key:
            counts["unexpected"] += 1
            findings.append(f"received {' '.join(key)}, which does not follow from the store")
    gaps = list(_gaps(journal))
    counts["lost"] = max(counts["lost"], len(gaps))  # not the sum: one loss may be found by both
    findings += gaps
    for sentence in _out_of_order(journal):
        counts["reordered"] += 1
        findings.append(sentence)
    return counts, findings


def _was_reloaded(event: ExpectedEvent, subscriptions: list[Subscription], loaded: list[LoadedState]) -> bool:
    """Whether an epoch ended after *event*, and the state loaded next contains its information."""
    for reset in subscriptions[1:]:
        if reset.at < event.at:
            continue
        state = next((state for state in loaded if state.at >= reset.at), None)
        if state is not None and _contains(state, event):
            return True
    return False


def _contains(state: LoadedState, event: ExpectedEvent) -> bool:
    name, *parts = event.key
    match name:
        case "rescue:status_update":
            known = state.versions.get(event.rescue_id or "")
            return event.driver_lost_job if known is None else known >= event.version
        case "payment:processed":
            status, captured, _ = state.payments.get(event.rescue_id or "", ("pending", 0, 0))
            _, kind, outcome, amount = parts
            if outcome != "succeeded":
                return status == "failed"
            if kind in ("capture", "fee"):
                return captured == int(amount)
            return status == "released" if kind == "release" else status != "pending"
        case "offer:new":
            return state.offers is not None  # an offer that is not in the list has been closed
        case "offer:closed":
            return state.offers is not None and parts[0] not in state.offers
        case "photo:new":
            return parts[0] in state.photos
        case _:
            return parts[0] in state.notifications


def _gaps(journal: JournalRecord) -> Iterator[str]:
    """Describe offsets missing between two events of one stream and epoch."""
    last: dict[str, tuple[str, int]] = {}
    subscriptions = iter(sorted(journal.subscriptions, key=lambda subscription: subscription.at))
    subscription = next(subscriptions, None)
    for event in journal.received:
        while subscription is not None and subscription.at <= event.at:
            last[subscription.stream] = (subscription.position.epoch, subscription.position.offset)
            subscription = next(subscriptions, None)
        epoch, offset = last.get(event.stream, (event.position.epoch, event.position.offset - 1))
        if event.position.epoch == epoch and event.position.offset > offset + 1:
            yield f"{event.stream}: nothing between {offset} and {event.position.offset} of epoch {epoch}"
        last[event.stream] = (event.position.epoch, event.position.offset)


def _out_of_order(journal: JournalRecord) -> Iterator[str]:
    """Describe events out of order: by offset, by a rescue's version, by an offer's state."""
    offsets: dict[tuple[str, str], int] = {}
    versions: defaultdict[str, int] = defaultdict(int)
    closed: set[str] = set()
    for event in journal.received:
        epoch = (event.stream, event.position.epoch)
        if event.position.offset <= offsets.get(epoch, -1):
            yield f"{event.stream}: {event.position} after {offsets[epoch]}"
        offsets[epoch] = max(event.position.offset, offsets.get(epoch, -1))
        yield from _out_of_order_by_content(event.key, versions, closed)


def _out_of_order_by_content(
    key: EventKey, versions: defaultdict[str, int], closed: set[str]
) -> Iterator[str]:
    name, *parts = key
    if name == "rescue:status_update":
        rescue_id, version = parts[0], int(parts[1])
        if version < versions[rescue_id]:
            yield f"{rescue_id}: version {version} after {versions[rescue_id]}"
        versions[rescue_id] = max(version, versions[rescue_id])
    elif name == "offer:closed":
        closed.add(parts[0])
    elif name == "offer:new" and parts[0] in closed:
        yield f"offer {parts[0]} closed before it was made"
