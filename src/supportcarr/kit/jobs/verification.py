"""Verify over and over that what is stored is right, in short steps.

A *pass* reads everything once.  Each step reads a bounded number of documents, and where the pass goes on
is stored, so that a large collection takes many steps and any worker can take the next one.  What a pass
found is a metric until a later pass has found nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import CollectionSpec, DuplicateKey, Store, VersionConflict

STEP_SECONDS = 5.0  # wall
DOCUMENTS = 1_000  # of a step: 17 million a day
PAUSE = timedelta(hours=1)  # from the end of a pass to the next one
PROBLEMS_KEPT = 20  # sentences of one pass; all are counted, and logged

log = structlog.get_logger(__name__)


class Step(msgspec.Struct, frozen=True):
    """What one step read and found, and where the next one begins (``None``: the pass is complete)."""

    cursor: str | None
    checked: int
    problems: tuple[str, ...] = ()  # sentences without personal data


class Verifier(Protocol):
    """Implemented by ``LedgerVerifier`` (payments) and ``AuditVerifier`` (audit)."""

    async def step(self, cursor: str | None, limit: int) -> Step:
        """Verify about *limit* documents from *cursor* on, or from the beginning."""


class VerificationState(Document, frozen=True, kw_only=True):
    """How far the verification of one thing is; the id names it.  Times are wall time."""

    cursor: str | None = None  # where the pass in progress goes on
    checked: int = 0  # documents of the pass in progress
    found: int = 0  # problems of the pass in progress
    completed_at: datetime | None = None  # the end of the latest complete pass
    completed_checked: int = 0
    completed_found: int = 0
    problems: tuple[
        str, ...
    ] = ()  # the first ones of the pass in progress, or of the latest one if it has none

    @property
    def findings(self) -> int:
        """Problems that no complete pass has found to be gone."""
        return max(self.found, self.completed_found)


STATES = CollectionSpec("verifications", VerificationState)
SPECS = (STATES,)


class Verifications:
    """The verifications of one store, by what they verify."""

    def __init__(self, store: Store, clock: Clock, verifiers: Mapping[str, Verifier]) -> None:
        self._states = store.collection(STATES)
        self._clock = clock
        self._verifiers = verifiers

    def periodic_tasks(self) -> list[PeriodicTask]:
        """One for each; it looks whether a pass is due, and takes its next step."""
        return [
            PeriodicTask(f"verify.{name}", STEP_SECONDS, partial(self.step, name)) for name in self._verifiers
        ]

    async def states(self) -> dict[str, VerificationState]:
        """How far each is; one that never ran is as if it had just begun."""
        stored = await self._states.get_many(list(self._verifiers))
        return {name: stored.get(name) or VerificationState(id=name) for name in self._verifiers}

    async def step(self, name: str) -> None:
        """Take the next step of a pass, if one is due."""
        state = await self._states.get(name) or VerificationState(id=name)
        now = to_milliseconds(self._clock.wall())
        if state.cursor is None and state.completed_at is not None and now - state.completed_at < PAUSE:
            return
        taken = await self._verifiers[name].step(state.cursor, DOCUMENTS)
        try:
            after = _after(state, taken, now)
            await (self._states.save(after) if after.version else self._states.insert(after))
        except (VersionConflict, DuplicateKey):
            return  # another worker took the same step
        for problem in taken.problems:
            log.error("verification_failed", verified=name, problem=problem)


def _after(state: VerificationState, step: Step, now: datetime) -> VerificationState:
    found = state.found + len(step.problems)
    first = state.problems if state.found else ()
    problems = (*first, *step.problems)[:PROBLEMS_KEPT] if found else state.problems
    checked = state.checked + step.checked
    if step.cursor is not None:
        return replace(state, cursor=step.cursor, checked=checked, found=found, problems=problems)
    return replace(
        state,
        cursor=None,
        checked=0,
        found=0,
        completed_at=now,
        completed_checked=checked,
        completed_found=found,
        problems=problems if found else (),
    )
