"""The report of a demo: its fields, and sentences about what is wrong."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from support.simulator import city_case as case
from supportcarr_lab.simulator.city import CityOutcome
from supportcarr_lab.simulator.http_stats import HttpSummary
from supportcarr_lab.simulator.journal import JournalRecord
from supportcarr_lab.verification.records import CityRecords, PendingWork
from supportcarr_lab.verification.report import VerificationResult, percentiles, verify_records

HTTP = HttpSummary(requests=9, failed=0, refused_503=0, errors_5xx=0, p50_ms=1.0, p95_ms=2.0)


def judgement(
    facts: CityRecords | None = None,
    journals: list[JournalRecord] | None = None,
    *,
    http: HttpSummary = HTTP,
    quiet: bool = True,
) -> VerificationResult:
    outcome = CityOutcome(
        seconds=12.34567,
        began_at=case.BEGAN,
        closed_at=9_000.0,
        http=http,
        journals=case.journals() if journals is None else journals,
        still_live=0,
        caught_up=quiet,
    )
    return verify_records(outcome, facts or case.facts(), kills=2, redis_wipes=1)


def test_the_report_has_the_fields_that_were_promised() -> None:
    report = msgspec.to_builtins(judgement().report)
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
        "kills": 2,
        "redis_wipes": 1,
        "invariants": dict.fromkeys(
            (
                "states_sum",
                "ledger_zero",
                "money_matches",
                "one_job_per_driver",
                "one_live_per_rider",
                "legal_transitions",
                "events_exact",
                "no_5xx",
                "drained",
            ),
            True,
        ),
    }


def test_a_city_in_order_passes_without_findings() -> None:
    assert judgement().report.passed
    assert judgement().findings == {}


FACTS = case.facts()
DOUBLED = replace(FACTS, processor_payments=(case.book(2 * case.TOTAL),))
SECOND = replace(case.rescue(start=case.BEGAN + 60), id="res_qc_2")
SPOILT = {
    "states_sum": replace(FACTS, rescues=()),
    "ledger_zero": replace(FACTS, ledger=(replace(FACTS.ledger[0], entries=(("x", 1),)),)),
    "money_matches": DOUBLED,
    "one_job_per_driver": replace(FACTS, rescues=(case.rescue(), SECOND)),
    "one_live_per_rider": replace(FACTS, rescues=(case.rescue(), SECOND)),
    "legal_transitions": replace(FACTS, rescues=(case.rescue(*case.LIFE[1:]),)),
    "events_exact": replace(FACTS, notifications=()),
    "drained": replace(FACTS, pending_work=PendingWork(outbox=1, jobs=0)),
}


@pytest.mark.parametrize("name", SPOILT)
def test_each_invariant_falls_when_the_city_is_spoilt(name: str) -> None:
    told = judgement(SPOILT[name])
    assert told.report.invariants[name] is False
    assert told.findings[name]
    assert not told.report.passed


def test_a_5xx_and_clients_that_never_caught_up_are_told() -> None:
    assert not judgement(http=replace(HTTP, errors_5xx=1)).report.invariants["no_5xx"]
    assert not judgement(quiet=False).report.invariants["drained"]


def test_rescues_of_an_earlier_city_are_judged_but_not_counted() -> None:
    earlier = replace(case.rescue(start=case.BEGAN - 5_000), id="res_qc_0", timeline=())
    told = judgement(replace(FACTS, rescues=(case.rescue(), earlier)))
    assert told.report.rescues["requested"] == 1
    assert not told.report.invariants["legal_transitions"]


def test_what_is_not_final_counts_as_live() -> None:
    live = case.rescue(*case.LIFE[:4])
    assert judgement(replace(FACTS, rescues=(live,))).report.rescues["live"] == 1


def test_an_outcome_survives_its_file(tmp_path: object) -> None:
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
