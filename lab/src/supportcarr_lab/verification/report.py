"""The report of a city: what clients wrote down, against the store and the emulator's books."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from supportcarr_lab.simulator.city import CityOutcome
from supportcarr_lab.simulator.http_stats import HttpSummary
from supportcarr_lab.verification import invariants
from supportcarr_lab.verification.event_audit import EventCounts, audit_events
from supportcarr_lab.verification.expected_events import expected_events
from supportcarr_lab.verification.records import CityRecords, RecordSource, Rescue, read_records


class PaymentTotals(msgspec.Struct, frozen=True, kw_only=True):
    paid: int
    captured_minor: int
    refunded_minor: int


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """City seconds; ``None``: there was nothing to measure."""

    p50: float | None
    p90: float | None


class VerificationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON that ``demo --report`` writes (``api.md``, Commands)."""

    seconds: float
    rescues: dict[str, int]
    payments: PaymentTotals
    ledger_sum_minor: int
    events: EventCounts
    match_seconds: Percentiles
    arrival_seconds: Percentiles
    http: HttpSummary
    kills: int
    redis_wipes: int
    invariants: dict[str, bool]

    @property
    def passed(self) -> bool:
        return all(self.invariants.values())


class VerificationResult(msgspec.Struct, frozen=True, kw_only=True):
    """The report, and a sentence for each thing that breaks an invariant, by its name."""

    report: VerificationReport
    findings: dict[str, list[str]]


async def verify(
    outcome: CityOutcome, evidence: RecordSource, *, kills: int = 0, redis_wipes: int = 0
) -> VerificationResult:
    """Read the store and the emulator's books, and judge."""
    return verify_records(outcome, await read_records(evidence), kills=kills, redis_wipes=redis_wipes)


def verify_records(
    outcome: CityOutcome, facts: CityRecords, *, kills: int = 0, redis_wipes: int = 0
) -> VerificationResult:
    """The judgement over plain data.

    Figures are of this city's rescues (asked for since it began); rules and money are held against
    everything that there is.
    """
    ours = [rescue for rescue in facts.rescues if rescue.created_at >= outcome.began_at]
    ids = {rescue.id for rescue in ours}
    payments = [payment for payment in facts.payments if payment.rescue_id in ids]
    counts = count_states(ours)
    acknowledged = [told for journal in outcome.journals for told in journal.accepted_rescues]
    events = audit_events(outcome.journals, expected_events(facts))
    findings = {
        "states_sum": invariants.states_sum(ours, acknowledged, counts),
        "ledger_zero": invariants.ledger_zero(facts.ledger),
        "money_matches": invariants.money_matches(
            facts.rescues, facts.payments, facts.ledger, facts.processor_payments
        ),
        "one_job_per_driver": invariants.one_job_per_driver(facts.rescues),
        "one_live_per_rider": invariants.one_live_per_rider(facts.rescues),
        "legal_transitions": invariants.legal_transitions(facts.rescues),
        "events_exact": [] if events.exact else events.findings or ["the figures do not add up"],
        "no_5xx": invariants.no_5xx(outcome.http.errors_5xx),
        "drained": invariants.drained(
            facts.pending_work, facts.rescues, facts.offers, facts.payments, outcome.caught_up
        ),
    }
    report = VerificationReport(
        seconds=round(outcome.seconds, 3),
        rescues=counts,
        payments=PaymentTotals(
            paid=sum(payment.captured > 0 for payment in payments),
            captured_minor=sum(payment.captured for payment in payments),
            refunded_minor=sum(payment.refunded for payment in payments),
        ),
        ledger_sum_minor=sum(amount for t in facts.ledger for _, amount in t.entries),
        events=events.counts,
        match_seconds=percentiles(_seconds_to(ours, "assigned")),
        arrival_seconds=percentiles(_seconds_to(ours, "arrived")),
        http=outcome.http,
        kills=kills,
        redis_wipes=redis_wipes,
        invariants={name: not broken for name, broken in findings.items()},
    )
    return VerificationResult(
        report=report, findings={name: broken for name, broken in findings.items() if broken}
    )


def count_states(rescues: Sequence[Rescue]) -> dict[str, int]:
    """``requested`` (all), one count a final state, and ``live`` for the rest."""
    states = Counter(r.status if r.status in invariants.FINAL else "live" for r in rescues)
    return {"requested": len(rescues)} | {name: states[name] for name in (*invariants.FINAL, "live")}


def _seconds_to(rescues: Iterable[Rescue], status: str) -> list[float]:
    """From the request to the first time that the rescue was in that state, where it ever was."""
    waits = []
    for rescue in rescues:
        asked = next((e.at for e in rescue.timeline if e.to == "requested"), None)
        there = next((e.at for e in rescue.timeline if e.to == status), None)
        if asked is not None and there is not None:
            waits.append(there - asked)
    return waits


def percentiles(values: Sequence[float]) -> Percentiles:
    """Percentiles by the nearest rank."""
    ordered = sorted(values)

    def rank(part: float) -> float | None:
        if not ordered:
            return None
        return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 3)

    return Percentiles(p50=rank(0.5), p90=rank(0.9))
