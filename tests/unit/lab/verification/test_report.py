"""The verification report: its fields, its invariants and the findings."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from support.simulator import city_case as case
from supportcarr_lab.simulator.city import CityOutcome
from supportcarr_lab.simulator.http_stats import HttpSummary
from supportcarr_lab.simulator.journal import JournalRecord
from supportcarr_lab.verification.records import CityRecords, Driver, PendingWork
from supportcarr_lab.verification.report import VerificationResult, percentiles, verify_records

HTTP = HttpSummary(requests=9, failed=0, refused_503=0, errors_5xx=0, p50_ms=1.0, p95_ms=2.0)


def verified(
    records: CityRecords | None = None,
    journals: list[JournalRecord] | None = None,
    *,
    http: HttpSummary = HTTP,
    caught_up: bool = True,
) -> VerificationResult:
    outcome = CityOutcome(
        seconds=12.34567,
        began_at=case.BEGAN,
        closed_at=9_000.0,
        http=http,
        journals=case.journals() if journals is None else journals,
        still_live=0,
        caught_up=caught_up,
    )
    return verify_records(outcome, records or case.records(), kills=2, redis_wipes=1)


def test_the_report_has_exactly_the_documented_fields() -> None:
    report = msgspec.to_builtins(verified().report)
    assert report == {
        "seconds": 12.346,
        "rescues": {
            "requested": 1,
            "completed": 1,
            "cancelled": 0,
            "no_show": 0,
            "unserved": 0,
            "rejected": 0,
            "aborted": 0,
            "live": 0,
        },
        "payments": {"paid": 1, "captured_minor": case.TOTAL, "refunded_minor": 0},
        "ledger_sum_minor": 0,
        "events": {
            "expected": 18,
            "received": 18,
            "reloaded": 0,
            "lost": 0,
            "duplicated": 0,
            "reordered": 0,
        },
        "match_seconds": {"p50": 120.0, "p90": 120.0},
        "arrival_seconds": {"p50": 240.0, "p90": 240.0},
        "http": {
            "requests": 9,
            "failed": 0,
            "refused_503": 0,
            "errors_5xx": 0,
            "p50_ms": 1.0,
            "p95_ms": 2.0,
        },
        "applicants": {"signed_up": 0, "approved": 0, "offered": 0, "suspended": 0, "expired": 0},
        "photos": 0,
        "kills": 2,
        "redis_wipes": 1,
        "stopped": False,
        "invariants": dict.fromkeys(
            (
                "states_sum",
                "ledger_zero",
                "money_matches",
                "one_job_per_driver",
                "one_live_per_rider",
                "legal_transitions",
                "only_eligible_drivers",
                "events_exact",
                "averages_match",
                "no_5xx",
                "drained",
            ),
            True,
        ),
    }


def test_a_correct_city_passes_without_findings() -> None:
    assert verified().report.passed
    assert verified().findings == {}


RECORDS = case.records()
DOUBLED = replace(RECORDS, processor_payments=(case.processor_payment(2 * case.TOTAL),))
SECOND = replace(case.rescue(start=case.BEGAN + 60), id="res_qc_2")
CORRUPTED = {
    "states_sum": replace(RECORDS, rescues=()),
    "ledger_zero": replace(RECORDS, ledger=(replace(RECORDS.ledger[0], entries=(("x", 1),)),)),
    "money_matches": DOUBLED,
    "one_job_per_driver": replace(RECORDS, rescues=(case.rescue(), SECOND)),
    "one_live_per_rider": replace(RECORDS, rescues=(case.rescue(), SECOND)),
    "legal_transitions": replace(RECORDS, rescues=(case.rescue(*case.LIFE[1:]),)),
    "only_eligible_drivers": replace(
        RECORDS, drivers=(Driver(id=case.DRIVER, approval="approved", documents_until=case.BEGAN),)
    ),
    "events_exact": replace(RECORDS, notifications=()),
    "averages_match": replace(RECORDS, rating_summaries=()),
    "drained": replace(RECORDS, pending_work=PendingWork(outbox=1, jobs=0)),
}


@pytest.mark.parametrize("name", CORRUPTED)
def test_each_invariant_fails_for_a_corrupted_city(name: str) -> None:
    result = verified(CORRUPTED[name])
    assert result.report.invariants[name] is False
    assert result.findings[name]
    assert not result.report.passed


def test_a_5xx_and_clients_that_did_not_catch_up_are_reported() -> None:
    assert not verified(http=replace(HTTP, errors_5xx=1)).report.invariants["no_5xx"]
    assert not verified(caught_up=False).report.invariants["drained"]


def test_rescues_of_an_earlier_run_are_verified_but_not_counted() -> None:
    earlier = replace(case.rescue(start=case.BEGAN - 5_000), id="res_qc_0", timeline=())
    result = verified(replace(RECORDS, rescues=(case.rescue(), earlier)))
    assert result.report.rescues["requested"] == 1
    assert not result.report.invariants["legal_transitions"]


def test_rescues_without_a_final_status_count_as_live() -> None:
    live = case.rescue(*case.LIFE[:4])
    assert verified(replace(RECORDS, rescues=(live,))).report.rescues["live"] == 1


def test_an_outcome_is_written_and_read_back(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "outcome.json"
    outcome = CityOutcome(
        seconds=1.0,
        began_at=0.0,
        closed_at=2.0,
        http=HTTP,
        journals=case.journals(),
        still_live=0,
        caught_up=True,
    )
    outcome.write(file)
    assert CityOutcome.read(file) == outcome


def test_percentiles_of_nothing_are_null() -> None:
    assert percentiles([]).p50 is None
    assert percentiles([5.0, 1.0]).p50 == 1.0
    assert percentiles([5.0, 1.0]).p90 == 5.0


def stopped(records: CityRecords) -> VerificationResult:
    began, ended = case.BEGAN, 9_000.0
    outcome = CityOutcome(
        seconds=1.0, began_at=began, closed_at=ended, http=HTTP, journals=[], still_live=1, caught_up=False
    )
    return verify_records(outcome, records, stopped=True)


def test_of_a_stopped_run_only_what_needs_no_end_is_judged() -> None:
    result = stopped(case.records())
    unjudged = {name for name, holds in result.report.invariants.items() if holds is None}
    assert unjudged == {"money_matches", "events_exact", "averages_match", "drained"}
    assert result.findings == {}
    assert result.report.passed
    assert "so far" in result.report.conclusion
    assert all(name in result.report.conclusion for name in unjudged)


def test_a_run_without_rescues_does_not_say_that_everything_holds() -> None:
    report = replace(verified().report, rescues={"requested": 0})
    assert report.conclusion == "No rescue was requested during this run, so there was nothing to judge."
    assert verified().report.conclusion == "Every invariant holds."
    broken = replace(report, invariants=report.invariants | {"no_5xx": False})
    assert broken.conclusion == "Broken invariants: no_5xx."
