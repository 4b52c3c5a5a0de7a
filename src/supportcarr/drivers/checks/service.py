"""Orders checks from providers and asks for their results.

A check is stored before it is ordered, and its id is the idempotency key: a repeat after a kill finds the
order of before.  Webhooks are only hints that the provider is called at once; without them it is polled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import FieldError, NotFound, SignatureNotValid
from supportcarr.contracts.events import DriverCheckEnded
from supportcarr.drivers.checks import model
from supportcarr.drivers.checks.model import KINDS, DriverCheck, Submission
from supportcarr.drivers.collections import DRIVER_CHECKS
from supportcarr.drivers.errors import ChecksNotClear
from supportcarr.drivers.ports import (
    Candidate,
    CandidateDirectory,
    CheckKind,
    CheckProvider,
    CheckRefused,
    CheckReport,
    CheckUnavailable,
)
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.store.port import DuplicateKey, In, Store
from supportcarr.kit.store.update import update

log = structlog.get_logger(__name__)


class DriverCheckService:
    """The checks of drivers.  Without a provider of a kind there are none of that kind."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        candidates: CandidateDirectory,
        providers: Mapping[CheckKind, CheckProvider],
        *,
        events: bool = True,
    ) -> None:
        """*events*: whether the end of a check is an event."""
        self._events = events
        self._checks = store.collection(DRIVER_CHECKS)
        self._clock = clock
        self._candidates = candidates
        self._providers = providers
        self._counts: Counter[str] = Counter(ordered=0, unavailable=0, refused=0, ignored_webhooks=0)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {f"{name}_total": count for name, count in self._counts.items()}

    def has_provider(self, kind: CheckKind) -> bool:
        return kind in self._providers

    async def request(self, submission: Submission, *, again: bool) -> None:
        """Store the checks that a submission needs, to be ordered.  Idempotent.

        *again*: also of kinds whose last check failed.
        """
        driver_id = submission.driver_id
        found = model.latest_of((await self.of([driver_id]))[driver_id])
        for kind in self._providers:
            if model.is_needed(found.get(kind), submission, again=again):
                try:
                    candidate = await self._candidates.candidate(driver_id)
                except NotFound:
                    return  # the account does not exist any more
                now = to_milliseconds(self._clock.city())
                check = model.new_check(submission, kind, candidate, now)
                with suppress(DuplicateKey):
                    await self._checks.insert(check)

    async def of(self, driver_ids: Sequence[str]) -> dict[str, list[DriverCheck]]:
        """The latest check of each kind, of each of the drivers."""
        found: dict[str, list[DriverCheck]] = {driver_id: [] for driver_id in driver_ids}
        if not driver_ids:
            return found
        async for check in self._checks.scan({"driver_id": In(tuple(driver_ids))}):
            found[check.driver_id].append(check)
        return {driver_id: _in_order(checks) for driver_id, checks in found.items()}

    async def ended_unclear(self, check_id: str) -> bool:
        """Whether the check has ended without finding the driver clear."""
        check = await self._checks.get(check_id)
        return check is not None and check.state in ("consider", "failed")

    async def unclear(self, driver_id: str) -> list[DriverCheck]:
        """The driver's checks that have not found the driver clear."""
        return [check for check in (await self.of([driver_id]))[driver_id] if check.state != "clear"]

    async def require_reason(self, driver_id: str, reason: str | None) -> tuple[str, ...]:
        """The checks that are not clear, as the audit log shows them: ``background: consider``.

        Raises ``ChecksNotClear`` if there are any and no *reason* is given.
        """
        unclear = await self.unclear(driver_id)
        if unclear and reason is None:
            raise ChecksNotClear.of(
                FieldError(f"checks.{check.kind}", check.state, _UNCLEAR[check.state].format(check.kind))
                for check in unclear
            )
        return tuple(f"{check.kind}: {check.state}" for check in unclear)

    async def on_check_due(self, check_id: str) -> None:
        """Order the check, or ask for its result.  Idempotent."""
        read, now = await self._checks.get(check_id), to_milliseconds(self._clock.city())
        if read is None or read.due_at is None or now < read.due_at:
            return

        def with_news(check: DriverCheck, after: DriverCheck | None) -> DriverCheck | None:
            if after is None or check.version == read.version:
                return after
            return model.called_soon(after, now) or after  # a webhook came during the call

        try:
            report = await self._call(read)
        except CheckUnavailable as error:
            self._counts["unavailable"] += 1
            log.warning("driver_check_unavailable", check_id=check_id, kind=read.kind, error=str(error))
            await self._change(check_id, lambda check: with_news(check, model.postponed(check, now)))
            return
        except CheckRefused as error:
            self._counts["refused"] += 1
            log.warning("driver_check_refused", check_id=check_id, kind=read.kind)
            why = str(error)
            await self._change(check_id, lambda check: model.failed(check, why, now))
            return
        if read.state == "pending":
            self._counts["ordered"] += 1
        await self._change(check_id, lambda check: with_news(check, model.reported(check, report, now)))

    async def receive(self, kind: CheckKind, body: bytes, signature: str | None) -> None:
        """Call the provider soon about the check that a webhook names.  A repeat changes nothing.

        Raises ``SignatureNotValid``, also if there is no provider of that kind.
        """
        provider = self._providers.get(kind)
        if provider is None:
            raise SignatureNotValid
        check_id = provider.read_webhook(body, signature)
        check = await self._checks.get(check_id) if check_id else None
        if check is None or check.kind != kind:
            self._counts["ignored_webhooks"] += 1
            log.info("driver_check_webhook_ignored", kind=kind)
            return
        now = to_milliseconds(self._clock.city())
        await self._change(check.id, lambda check: model.called_soon(check, now))

    async def _call(self, check: DriverCheck) -> CheckReport:
        """Raises ``CheckUnavailable``, ``CheckRefused``."""
        provider = self._providers.get(check.kind)
        if provider is None:
            raise CheckUnavailable("no provider is set")
        if check.report_id is not None:
            return await provider.read(check.report_id)
        return await provider.order(check.id, check.candidate or await self._candidate(check))

    async def _candidate(self, check: DriverCheck) -> Candidate:
        """Of a check that an earlier release stored.  Raises ``CheckRefused``."""
        try:
            return await self._candidates.candidate(check.driver_id)
        except NotFound:
            raise CheckRefused("The account does not exist any more") from None

    async def _change(self, check_id: str, change: Callable[[DriverCheck], DriverCheck | None]) -> None:
        def changed(check: DriverCheck) -> tuple[DriverCheck, PendingEvents | None] | None:
            after = change(check)
            if after is None:
                return None
            ended = DriverCheckEnded(check_id=after.id, driver_id=after.driver_id)
            tell = self._events and after.is_final
            pending = PendingEvents((ended,), SYSTEM, self._clock.city()) if tell else None
            return after, pending

        with suppress(NotFound):  # the driver was erased meanwhile
            await update(self._checks, check_id, changed)


def _in_order(checks: Sequence[DriverCheck]) -> list[DriverCheck]:
    latest = model.latest_of(checks)
    return [latest[kind] for kind in KINDS if kind in latest]


_IN_PROGRESS = "The {} check has no result yet; wait, or say in override_reason why you do not"
_UNCLEAR: Mapping[model.CheckState, str] = {
    "pending": _IN_PROGRESS,
    "ordered": _IN_PROGRESS,
    "consider": "The {} check found something; look at it, and say in override_reason why you approve",
    "failed": "The {} check could not be carried out; say in override_reason why you approve",
}
