"""When ``make chaos`` reports a run as failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.crash.chaos_runs import CITY, find_problems, summary

REPORT: dict[str, Any] = {
    "rescues": {"requested": 30, "completed": 20},
    "events": {"expected": 9, "reloaded": 1},
    "http": {"requests": 99, "failed": 2, "refused_503": 1},
    "kills": 30,
    "redis_wipes": 2,
    "invariants": {"drained": True, "no_5xx": True},
}
OPTIONS = (*CITY, "--seed", "1")


def write_report(folder: Path, *, crashed: tuple[str, ...] = (), **changes: Any) -> Path:
    (folder / "report.json").write_text(json.dumps(REPORT | changes))
    (folder / "outcome.json").write_text(json.dumps({"crashed": crashed}))
    return folder


@pytest.fixture(autouse=True)
def _default_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEAST", raising=False)


def test_a_successful_run_has_no_problems(tmp_path: Path) -> None:
    assert find_problems(write_report(tmp_path), 0, OPTIONS) == []


BAD_RUNS: dict[str, dict[str, Any]] = {
    "invariant drained failed": {"invariants": {"drained": False, "no_5xx": True}},
    "19 rescues were completed, not 20": {"rescues": {"requested": 30, "completed": 19}},
    "29 processes were killed, not 30": {"kills": 29},
    "Redis was wiped 1 times, not 2": {"redis_wipes": 1},
    "the simulator failed: rider 3": {"crashed": ("rider 3",)},
}


@pytest.mark.parametrize("problem", BAD_RUNS)
def test_each_problem_is_reported(tmp_path: Path, problem: str) -> None:
    assert find_problems(write_report(tmp_path, **BAD_RUNS[problem]), 0, OPTIONS) == [problem]


def test_exit_code_without_another_problem_is_reported(tmp_path: Path) -> None:
    assert find_problems(write_report(tmp_path), 1, OPTIONS) == ["the demo ended with 1"]
    assert find_problems(tmp_path / "nothing", 3, OPTIONS) == ["the demo ended with 3 and without a report"]


def test_given_options_override_the_defaults(tmp_path: Path) -> None:
    assert find_problems(write_report(tmp_path, kills=60), 0, (*OPTIONS, "--kills", "60")) == []


def test_the_summary_counts_kills_by_role_and_stack_traces(tmp_path: Path) -> None:
    killed = {"level": "warning", "event": "process_killed", "role": "api", "why": "fault injection"}
    lines = [json.dumps(killed), json.dumps(killed | {"role": "worker"}), json.dumps({"level": "error"})]
    trace = ["Traceback (most recent call last):", "  File …", "ValueError: no"]
    (tmp_path / "supportcarr.log").write_text("\n".join([*lines, *trace, lines[0]]))
    text = summary(write_report(tmp_path), 0.0)
    assert "20 of 30 rescues completed" in text
    assert "killed: api 2, worker 1" in text
    assert "errors in the log: 2" in text
