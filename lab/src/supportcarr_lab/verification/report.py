"""The verification report of a city, from its clients' journals, the store and the Stripe emulator."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from supportcarr_lab.simulator.city import CityOutcome
from supportcarr_lab.simulator.http_stats import HttpSummary
from supportcarr_lab.verification import invariants
from supportcarr_lab.verification.eligible_drivers import count_applicants, only_eligible_drivers
from supportcarr_lab.verification.event_audit import EventCounts, audit_events
from supportcarr_lab.verification.expected_events import expected_events
from supportcarr_lab.verification.records import CityRecords, RecordSource, Rescue, read_records

NEED_AN_END = ("money_matches", "events_exact", "averages_match", "drained")


class PaymentTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Payments of this run: how many were captured, and the sums in minor units."""

    paid: int
    captured_minor: int
    refunded_minor: int


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles in city seconds; ``None`` if nothing was measured."""

    p50: float | None
    p90: float | None


class VerificationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON that ``supportcarr demo --report FILE`` writes."""

    seconds: float
    rescues: dict[str, int]
    payments: PaymentTotals
    ledger_sum_minor: int
    events: EventCounts
    match_seconds: Percentiles
    arrival_seconds: Percentiles
    http: HttpSummary
    applicants: dict[str, int]  # drivers who applied during the run, by how far they came
    photos: int
    kills: int
    redis_wipes: int
    stopped: bool  # before its time was over, or the last rescue
    invariants: dict[str, bool | None]  # None: cannot be judged, because the run was stopped

    @property
    def passed(self) -> bool:
        """Whether no invariant is broken."""
        return False not in self.invariants.values()

    @property
    def conclusion(self) -> str:
        """What the run shows, in a sentence."""
        broken = [name for name, holds in self.invariants.items() if holds is False]
        if broken:
            return f"Broken invariants: {', '.join(broken)}."
        if not self.rescues["requested"]:
            return "No rescue was requested during this run, so there was nothing to judge."
        if unjudged := [name for name, holds in self.invariants.items() if holds is None]:
            names = ", ".join(unjudged)
            return f"Every other invariant holds so far. Not judged, because the run was stopped: {names}."
        return "Every invariant holds."


class VerificationResult(msgspec.Struct, frozen=True, kw_only=True):
    """The report, and sentences that describe each violation, by the invariant's name."""

    report: VerificationReport
    findings: dict[str, list[str]]


async def verify(
    outcome: CityOutcome,
    source: RecordSource,
    *,
    kills: int = 0,
    redis_wipes: int = 0,
    stopped: bool = False,
) -> VerificationResult:
    """Read all records and verify them."""
    records = await read_records(source)
    return verify_records(outcome, records, kills=kills, redis_wipes=redis_wipes, stopped=stopped)


def verify_records(
    outcome: CityOutcome,
    records: CityRecords,
    *,
    kills: int = 0,
    redis_wipes: int = 0,
    stopped: bool = False,
) -> VerificationResult:
    """Verify a city over plain data.

    Of a run that was *stopped* the invariants in ``NEED_AN_END`` are not judged: rescues are still live, and
    clients left before their last events.

    Counts and sums are of rescues requested during this run.  Invariants are checked over all records, also
    those of earlier runs on the same store.
    """
    ours = [rescue for rescue in records.rescues if rescue.created_at >= outcome.began_at]
    ids = {rescue.id for rescue in ours}
    payments = [payment for payment in records.payments if payment.rescue_id in ids]
    counts = count_states(ours)
    accepted = [rescue_id for journal in outcome.journals for rescue_id in journal.accepted_rescues]
    events = audit_events(outcome.journals, expected_events(records))
    findings = {
        "states_sum": invariants.states_sum(ours, accepted, counts),
        "ledger_zero": invariants.ledger_zero(records.ledger),
        "money_matches": invariants.money_matches(
            records.rescues, records.payments, records.ledger, records.processor_payments
        ),
        "one_job_per_driver": invariants.one_job_per_driver(records.rescues),
        "one_live_per_rider": invariants.one_live_per_rider(records.rescues),
        "legal_transitions": invariants.legal_transitions(records.rescues),
        "only_eligible_drivers": only_eligible_drivers(records, outcome.journals),
        "events_exact": [] if events.exact else events.findings or ["the counts do not add up"],
        "averages_match": invariants.averages_match(records.ratings, records.rating_summaries),
        "no_5xx": invariants.no_5xx(outcome.http.errors_5xx),
        "drained": invariants.drained(
            records.pending_work, records.rescues, records.offers, records.payments, outcome.caught_up
        ),
    }
    judged = {name: broken for name, broken in findings.items() if not (stopped and name in NEED_AN_END)}
    report = VerificationReport(
        seconds=round(outcome.seconds, 3),
        rescues=counts,
        payments=PaymentTotals(
            paid=sum(payment.captured > 0 for payment in payments),
            captured_minor=sum(payment.captured for payment in payments),
            refunded_minor=sum(payment.refunded for payment in payments),
        ),
        ledger_sum_minor=sum(amount for t in records.ledger for _, amount in t.entries),
        events=events.counts,
        match_seconds=percentiles(_seconds_to(ours, "assigned")),
        arrival_seconds=percentiles(_seconds_to(ours, "arrived")),
        http=outcome.http,
        applicants=count_applicants(
            records, [applicant.user_id for applicant in outcome.applicants if applicant.user_id]
        ),
        photos=sum(photo.rescue_id in ids for photo in records.photos),
        kills=kills,
        redis_wipes=redis_wipes,
        stopped=stopped,
        invariants={name: not judged[name] if name in judged else None for name in findings},
    )
    return VerificationResult(
        report=report, findings={name: broken for name, broken in judged.items() if broken}
    )


def count_states(rescues: Sequence[Rescue]) -> dict[str, int]:
    """``requested`` (all), a count for each final status, and ``live`` for the rest."""
    states = Counter(r.status if r.status in invariants.FINAL else "live" for r in rescues)
    return {"requested": len(rescues)} | {name: states[name] for name in (*invariants.FINAL, "live")}


def _seconds_to(rescues: Iterable[Rescue], status: str) -> list[float]:
    """City seconds from each request to the first time that its rescue had *status*, if it ever did."""
    waits = []
    for rescue in rescues:
        requested_at = next((e.at for e in rescue.timeline if e.to == "requested"), None)
        reached_at = next((e.at for e in rescue.timeline if e.to == status), None)
        if requested_at is not None and reached_at is not None:
            waits.append(reached_at - requested_at)
    return waits


def percentiles(values: Sequence[float]) -> Percentiles:
    """The 50th and 90th percentile by the nearest-rank method."""
    ordered = sorted(values)

    def rank(part: float) -> float | None:
        if not ordered:
            return None
        return round(ordered[max(0, math.ceil(part * len(ordered)) - 1)], 3)

    return Percentiles(p50=rank(0.5), p90=rank(0.9))
