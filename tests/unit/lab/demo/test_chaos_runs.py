"""When ``make chaos`` reports a run as failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.crash.chaos_runs import CITY, faults, summary

REPORT: dict[str, Any] = {
    "rescues": {"requested": 30, "completed": 20},
    "events": {"expected": 9, "reloaded": 1},
    "http": {"requests": 99, "failed": 2, "refused_503": 1},
    "kills": 30,
    "redis_wipes": 2,
    "invariants": {"drained": True, "no_5xx": True},
}
OPTIONS = (*CITY, "--seed", "1")


def written(folder: Path, *, crashed: tuple[str, ...] = (), **changes: Any) -> Path:
    (folder / "report.json").write_text(json.dumps(REPORT | changes))
    (folder / "outcome.json").write_text(json.dumps({"crashed": crashed}))
    return folder


@pytest.fixture(autouse=True)
def _no_other_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEAST", raising=False)


def test_a_run_that_held_has_no_faults(tmp_path: Path) -> None:
    assert faults(written(tmp_path), 0, OPTIONS) == []


SPOILT: dict[str, dict[str, Any]] = {
    "drained fell": {"invariants": {"drained": False, "no_5xx": True}},
    "19 rescues were completed, not 20": {"rescues": {"requested": 30, "completed": 19}},
    "29 kills were dealt, not 30": {"kills": 29},
    "1 wipes were dealt, not 2": {"redis_wipes": 1},
    "the simulator broke down: rider 3": {"crashed": ("rider 3",)},
}


@pytest.mark.parametrize("sentence", SPOILT)
def test_each_fault_is_told(tmp_path: Path, sentence: str) -> None:
    assert faults(written(tmp_path, **SPOILT[sentence]), 0, OPTIONS) == [sentence]


def test_a_demo_that_failed_for_another_reason_is_a_fault(tmp_path: Path) -> None:
    assert faults(written(tmp_path), 1, OPTIONS) == ["the demo ended with 1"]
    assert faults(tmp_path / "nothing", 3, OPTIONS) == ["the demo ended with 3 and without a report"]


def test_options_that_were_given_count_instead_of_ours(tmp_path: Path) -> None:
    assert faults(written(tmp_path, kills=60), 0, (*OPTIONS, "--kills", "60")) == []


def test_the_summary_counts_kills_by_role_and_stack_traces(tmp_path: Path) -> None:
    killed = {"level": "warning", "event": "process_killed", "role": "api", "why": "fault injection"}
    lines = [json.dumps(killed), json.dumps(killed | {"role": "worker"}), json.dumps({"level": "error"})]
    trace = ["Traceback (most recent call last):", "  File …", "ValueError: no"]
    (tmp_path / "supportcarr.log").write_text("\n".join([*lines, *trace, lines[0]]))
    told = summary(written(tmp_path), 0.0)
    assert "20 of 30 rescues completed" in told
    assert "killed: api 2, worker 1" in told
    assert "errors in the log: 2" in told
