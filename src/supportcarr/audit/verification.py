"""Find out whether the audit log was changed: the chain, its signed head, and the anchors kept outside.

``verify_chain`` reads every record in the order of the chain.  A changed record has another hash; a missing
one leaves its place empty; a moved one has the hash of another place.  Whoever also calculates the hashes
anew cannot sign the head and the anchors: those say how far the chain reached, and with which hash.

``AuditVerifier`` does the same over and over in short steps, without the anchors: those are kept where the
platform itself cannot always read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from supportcarr.audit.collections import HEADS, RECORDS
from supportcarr.audit.model import (
    GENESIS,
    Anchor,
    AuditHead,
    AuditRecord,
    place_text,
    record_hash,
)
from supportcarr.audit.signatures import HeadSigner
from supportcarr.kit.jobs.verification import Step
from supportcarr.kit.store.port import Range, Store

PAGE = 500
NEARBY = 200  # places that are tried for a record that does not fit where it stands
SEARCHES = 20  # such records; more are only said to be changed


class Verification(msgspec.Struct, frozen=True):
    """What was found: no problems, or one sentence for each."""

    records: int  # in the chain
    first_place: int  # of the records that retention has left
    last_place: int
    waiting: int  # not chained yet
    anchors: int  # that could be compared
    problems: tuple[str, ...]


class ReadAnchors(NamedTuple):
    """The anchors of a file, and the lines that are none of ours."""

    anchors: list[Anchor]
    problems: list[str]


def read_anchors(lines: Iterable[str], signer: HeadSigner) -> ReadAnchors:
    """The anchors in *lines*: of an anchor file, or of a log (its other lines are ignored)."""
    anchors, problems = [], []
    for number, line in enumerate(lines, 1):
        if '"place"' not in line or '"signature"' not in line:
            continue
        try:
            anchor = msgspec.json.decode(line, type=Anchor)
        except msgspec.DecodeError:
            problems.append(f"Line {number} of the anchors cannot be read: it was changed, or cut off.")
            continue
        if signer.is_anchor(anchor):
            anchors.append(anchor)
        else:
            problems.append(
                f"Line {number} of the anchors was not signed with this secret: it was changed, "
                "or the secret is another one."
            )
    return ReadAnchors(anchors, problems)


async def verify_chain(store: Store, signer: HeadSigner, anchors: Sequence[Anchor]) -> Verification:
    """Read the whole log and compare it with its head and those anchors."""
    head, problems = await _head(store, signer)
    walk = _Walk(head, anchors, _Link(*_base(head)))
    cursor: str | None = None
    records = store.collection(RECORDS)
    while True:
        page = await records.find(
            {"chained_as": Range(ge=place_text(0))}, sort="chained_as", limit=PAGE, cursor=cursor
        )
        for record in page.items:
            walk.read(record)
        cursor = page.next_cursor
        if cursor is None:
            break
    waiting = await records.count() - walk.seen
    problems += walk.problems + walk.end()
    return Verification(
        records=walk.seen,
        first_place=walk.base + 1,
        last_place=walk.place,
        waiting=max(0, waiting),
        anchors=len(walk.compared),
        problems=tuple(problems),
    )


class _Link(msgspec.Struct, frozen=True, order=True):
    """Where the chain is followed from: the last record before it."""

    place: int
    hash: str


def _encoded(link: _Link) -> str:
    return msgspec.json.encode(link).decode()


def _base(head: AuditHead | None) -> tuple[int, str]:
    return (head.base_place, head.base_hash) if head else (0, GENESIS)


class AuditVerifier:
    """A ``kit.jobs.verification.Verifier`` of the log, as far as it is chained."""

    def __init__(self, store: Store, signer: HeadSigner) -> None:
        self._store = store
        self._records = store.collection(RECORDS)
        self._signer = signer
        self._reached = 0  # the place of the last signed head that this process saw

    async def step(self, cursor: str | None, limit: int) -> Step:
        head, wrong_head = await _head(self._store, self._signer)
        base = _Link(*_base(head))
        start = base if cursor is None else max(base, msgspec.json.decode(cursor, type=_Link))
        walk = _Walk(head, (), start)
        reached, upper = head.place if head else 0, start.place + limit
        # Places have no gaps, so these are the next records; an engine would sort all without an upper bound.
        records = await self._between(place_text(start.place + 1), place_text(upper + 1), limit)
        if not records and upper < reached:  # somebody removed them all
            records = await self._between(place_text(upper + 1), None, limit)
        for record in records:
            walk.read(record)
        ended = not records or (walk.place >= reached and len(records) < limit)
        problems = walk.problems
        if ended:
            problems = [*wrong_head, *problems, *walk.end()]
        if problems and base != _Link(*_base((await _head(self._store, self._signer))[0])):
            return Step(cursor or _encoded(start), 0)  # retention removed records meanwhile: read again
        if head is not None and not wrong_head:
            if ended and head.place < self._reached:
                problems.append(
                    f"The signed head went back from record {self._reached} to {head.place}: "
                    "an older one was put in its place."
                )
            self._reached = max(self._reached, head.place)
        return Step(None if ended else _encoded(walk.link), walk.seen, tuple(problems))

    async def _between(self, first: str, before: str | None, limit: int) -> list[AuditRecord]:
        places = Range(ge=first, lt=before)
        return (await self._records.find({"chained_as": places}, sort="chained_as", limit=limit)).items


async def _head(store: Store, signer: HeadSigner) -> tuple[AuditHead | None, list[str]]:
    # Not by id: a store that is opened to be read only answers pages.
    heads = (await store.collection(HEADS).find(limit=1)).items
    head = heads[0] if heads else None
    if head is not None and not signer.is_signed(head):
        return head, ["The head of the chain was not signed with this secret: it or the secret was changed."]
    return head, []


class _Walk:
    """The records read so far, in the order of their places."""

    def __init__(self, head: AuditHead | None, anchors: Sequence[Anchor], start: _Link) -> None:
        self.base = head.base_place if head else 0
        self.place, self._hash = start.place, start.hash
        self.problems: list[str] = []
        self.seen = 0
        self._head = head
        self._expected: dict[int, set[str]] = {}  # by place: the hashes that were signed
        self.compared = [anchor for anchor in anchors if anchor.place > self.base]
        for anchor in self.compared:
            self._expected.setdefault(anchor.place, set()).add(anchor.hash)
        if head is not None and head.place > self.base:
            self._expected.setdefault(head.place, set()).add(head.hash)

    @property
    def link(self) -> _Link:
        """The last record that was read."""
        return _Link(self.place, self._hash)

    def read(self, record: AuditRecord) -> None:
        """Take the next record."""
        self.seen += 1
        place = record.place or 0
        if place <= self.base:
            return  # retention has removed what was before it; this one it did not finish
        if place > self.place + 1:
            self.problems.append(_missing(self.place + 1, place - 1))
            self._hash = record.previous or ""
        name = f"Record {place} ({record.id}, {record.action} of {record.at.isoformat(timespec='seconds')})"
        if record_hash(record, place, record.previous or "") != record.hash:
            self.problems.append(self._changed(record, place, name))
        elif record.previous != self._hash:
            self.problems.append(
                f"{name} does not follow record {place - 1}: one of the two was replaced or moved."
            )
        self.place, self._hash = place, record.hash or ""
        if any(signed != record.hash for signed in self._expected.pop(place, ())):
            self.problems.append(
                f"{name} is not the one whose hash was signed: it, or one before it, was replaced."
            )

    def end(self) -> list[str]:
        """What is wrong with the end of the chain."""
        problems = []
        if self._head is None and self.seen:
            problems.append("The signed head of the chain is missing.")
        if beyond := [place for place in self._expected if place > self.place]:
            last = max(beyond)
            problems.append(
                f"{_missing(self.place + 1, last)} The end of the log was cut off: "
                f"the signed heads reach record {last}, the log ends at {self.place}."
            )
        return problems

    def _changed(self, record: AuditRecord, place: int, name: str) -> str:
        nearby = NEARBY if len(self.problems) < SEARCHES else 0
        for other in range(max(1, place - nearby), place + nearby):
            if record_hash(record, other, record.previous or "") == record.hash:
                return f"{name} was moved: it belongs at place {other}."
        return f"{name} was changed: its content does not have its hash."


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"Record {first} is missing."
    return f"Records {first} to {last} are missing."
