"""``events_exact``: what clients wrote down against what the store says they were owed."""

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
    """*expected* = *received* + *reloaded* + *lost*, unless events came that nothing accounts for.

    *reloaded*: taken by an epoch's end, and in the state that the client loaded after it.
    """

    expected: int = 0
    received: int = 0
    reloaded: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0


class EventAuditResult(msgspec.Struct, frozen=True, kw_only=True):
    """The figures, and a sentence for each thing that is wrong (the first few of each client)."""

    counts: EventCounts
    unaccounted: int  # received, but the store knows of nothing like it
    findings: list[str]

    @property
    def exact(self) -> bool:
        figures = self.counts
        wrong = figures.lost + figures.duplicated + figures.reordered + self.unaccounted
        return wrong == 0 and figures.expected == figures.received + figures.reloaded


FINDINGS_A_CLIENT = 5


def audit_events(
    journals: Iterable[JournalRecord], owed: Mapping[str, list[ExpectedEvent]]
) -> EventAuditResult:
    """Judge every client."""
    sums: Counter[str] = Counter()
    findings: list[str] = []
    for journal in journals:
        counts, sentences = _check_client(journal, owed.get(journal.user_id, []))
        sums.update(counts)
        findings += [f"{journal.user_id}: {sentence}" for sentence in sentences[:FINDINGS_A_CLIENT]]
    unaccounted = sums.pop("unaccounted", 0)
    figures = EventCounts(**{name: sums.get(name, 0) for name in EventCounts.__struct_fields__})
    return EventAuditResult(counts=figures, unaccounted=unaccounted, findings=findings)


def _check_client(journal: JournalRecord, owed: list[ExpectedEvent]) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    findings: list[str] = []
    stream = f"user:{journal.user_id}"
    marks = [mark for mark in journal.subscriptions if mark.stream == stream]
    if not marks:
        return counts, findings  # never let in: it was owed nothing yet
    first_heads = marks[0].at
    seen = Counter(event.key for event in journal.received if event.key[0] in AUDITED_EVENTS)
    by_key = {event.key: event for event in owed}
    # An event from before the heads that comes after them was late, not owed; it still is no surprise.
    expected = [event for event in by_key.values() if event.at >= first_heads or event.key in seen]
    for event in expected:
        if event.key in seen:
            counts["received"] += 1
        elif _was_reloaded(event, marks, journal.loaded_states):
            counts["reloaded"] += 1
        else:
            counts["lost"] += 1
            findings.append(f"never saw {' '.join(event.key)}")
    counts["expected"] = len(expected)
    for key, times in seen.items():
        if times > 1:
            counts["duplicated"] += times - 1
            findings.append(f"saw {' '.join(key)} {times} times")
        if key not in by_key:
            counts["unaccounted"] += 1
            findings.append(f"saw {' '.join(key)}, of which the store knows nothing")
    gaps = list(_gaps(journal))
    counts["lost"] = max(counts["lost"], len(gaps))  # the same loss, seen from two sides
    findings += gaps
    for sentence in _out_of_order(journal):
        counts["reordered"] += 1
        findings.append(sentence)
    return counts, findings


def _was_reloaded(event: ExpectedEvent, marks: list[Subscription], loaded: list[LoadedState]) -> bool:
    """True if an epoch ended after it, and the state loaded next says what the event would have said."""
    for mark in marks[1:]:
        if mark.at < event.at:
            continue
        state = next((state for state in loaded if state.at >= mark.at), None)
        if state is not None and _shows(state, event):
            return True
    return False


def _shows(state: LoadedState, event: ExpectedEvent) -> bool:
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
            return state.offers is not None  # it is in the list, or it is over and the list says that
        case "offer:closed":
            return state.offers is not None and parts[0] not in state.offers
        case _:
            return parts[0] in state.notifications


def _gaps(journal: JournalRecord) -> Iterator[str]:
    """Numbers left out between two events of one stream and epoch."""
    last: dict[str, tuple[str, int]] = {}
    marks = iter(sorted(journal.subscriptions, key=lambda mark: mark.at))
    mark = next(marks, None)
    for event in journal.received:
        while mark is not None and mark.at <= event.at:
            last[mark.stream] = (mark.position.epoch, mark.position.offset)
            mark = next(marks, None)
        epoch, seq = last.get(event.stream, (event.position.epoch, event.position.offset - 1))
        if event.position.epoch == epoch and event.position.offset > seq + 1:
            yield f"{event.stream}: nothing between {seq} and {event.position.offset} of epoch {epoch}"
        last[event.stream] = (event.position.epoch, event.position.offset)


def _out_of_order(journal: JournalRecord) -> Iterator[str]:
    """Later before earlier: of the stream's numbers, of a rescue's versions, of an offer's life."""
    numbers: dict[tuple[str, str], int] = {}
    versions: defaultdict[str, int] = defaultdict(int)
    closed: set[str] = set()
    for event in journal.received:
        place = (event.stream, event.position.epoch)
        if event.position.offset <= numbers.get(place, -1):
            yield f"{event.stream}: {event.position} after {numbers[place]}"
        numbers[place] = max(event.position.offset, numbers.get(place, -1))
        yield from _earlier_than_known(event.key, versions, closed)


def _earlier_than_known(key: EventKey, versions: defaultdict[str, int], closed: set[str]) -> Iterator[str]:
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
