"""Rows from measured times, and the page from rows."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
import realtime
from rig import markdown, measure, ratios, tables
from rig.load import Run, median


def a_run(per_second: float, succeeded: float = 1.0, others: float = 0.0) -> Run:
    return Run("ours", 10, per_second, 1.0, 2.0, 3.0, 50.0, {"api": 50.0}, succeeded, 0, 0, others)


def test_a_quantile_is_a_measured_time() -> None:
    times = [n / 1000 for n in range(100)]
    assert measure.quantile(times, 0.95) == 0.095
    assert measure.quantile([7.0], 0.99) == 7.0


def test_a_row_takes_times_in_any_order() -> None:
    times = [n / 1e6 for n in range(1, 101)]
    random.Random(1).shuffle(times)
    row = measure.row_of("save", times, at_once=1, elapsed=2.0, cpu_s=0.01)
    assert (row["per_second"], row["p50_us"], row["p95_us"], row["cpu_us"]) == (50, 51.0, 96.0, 100.0)


def test_an_exclusive_bar_is_met_only_below_it() -> None:
    assert measure.with_bar({"p95_us": 49.9}, "p95_us", 50)["met"] is True
    assert measure.with_bar({"p95_us": 50.0}, "p95_us", 50)["met"] is False


def test_the_median_of_runs_keeps_the_worst_share_of_successful_responses() -> None:
    row = median([a_run(100), a_run(300, 0.5), a_run(200)])
    assert (row["per_second"], row["succeeded"]) == (200, 0.5)


def test_a_message_that_reached_one_app_of_two_is_lost_once() -> None:
    sent, committed = {"msg_1": 0.0}, {"msg_1": 1.0}
    row = realtime.compare(50, sent, committed, [("msg_1", 0, 1.004)])
    assert (row["arrivals"], row["lost"], row["repeats"], row["p50_ms"]) == (1, 1, 0, 4.0)


def test_a_repeat_counts_as_one_and_the_first_arrival_as_the_time() -> None:
    arrivals = [("msg_1", 0, 1.002), ("msg_1", 0, 1.5), ("msg_1", 1, 1.002)]
    row = realtime.compare(50, {"msg_1": 0.0}, {"msg_1": 1.0}, arrivals)
    assert (row["lost"], row["repeats"], row["longest_ms"]) == (0, 1, 2.0)


def test_a_message_of_the_warm_up_is_not_counted() -> None:
    arrivals = [("msg_0", 0, 9.0), ("msg_1", 0, 1.002), ("msg_1", 1, 1.002)]
    row = realtime.compare(50, {"msg_1": 0.0}, {"msg_0": 0.5, "msg_1": 1.0}, arrivals)
    assert row["arrivals"] == 2


def test_new_figures_replace_the_old_ones() -> None:
    page = f"before\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n"
    once = markdown.replace_figures(page, "### New\n\nfigures")
    assert once == f"before\n{markdown.BEGIN}\n\n### New\n\nfigures\n\n{markdown.END}\nafter\n"
    assert markdown.replace_figures(once, "### New\n\nfigures") == once


def test_sections_of_benchmarks_that_were_not_run_stay() -> None:
    old = "### Requests\n\nold\n\n### Beside abc1234\n\nold\n"
    words = "### Beside sign-ins\n\nkept"
    whole = markdown.replace_figures(
        f"{markdown.BEGIN}\n\n{words}\n{markdown.END}", "### Beside def5678\n\nnew"
    )
    assert words in whole and "new" in whole  # only a commit at the end makes no difference
    page = markdown.replace_figures(f"{markdown.BEGIN}\n\n{old}\n{markdown.END}", "### Beside def5678\n\nnew")
    kept = "### Requests\n\nold\n\n### Beside def5678\n\nnew"
    assert page == f"{markdown.BEGIN}\n\n{kept}\n\n{markdown.END}"


@pytest.mark.parametrize("marks", [[], [markdown.END, markdown.BEGIN], [markdown.BEGIN] * 2 + [markdown.END]])
def test_a_page_without_exactly_one_pair_of_markers_is_rejected(marks: list[str]) -> None:
    with pytest.raises(markdown.MarkersMissing):
        markdown.replace_figures(" ".join(marks), "new")


def test_a_missed_bar_is_marked_on_the_page() -> None:
    machine = {"at": "2026-11-23T00:00:00", "commit": "abc", "cores": 2, "python": "3.11"}
    row = measure.with_bar(measure.row_of("read", [0.001], at_once=1, elapsed=1.0, cpu_s=0.001), "p95_us", 50)
    page = markdown.figures({"parts": {"machine": machine, "rows": [row]}})
    assert "read (bar: p95 below 50 µs: **NOT met**)" in page


def test_one_run_on_a_busy_machine_causes_a_warning() -> None:
    quiet, busy = median([a_run(100)]), median([a_run(100), a_run(100, others=0.4)])
    assert tables.busy_warning({"me": [quiet], "mix": [quiet]}) == ""
    assert "40%" in tables.busy_warning({"me": [quiet], "mix": [quiet, busy]})


def test_a_missed_bar_is_not_judged_on_a_busy_machine() -> None:
    def met(p95_ms: float, others: float, lost: int = 0) -> object:
        row = {"events_per_second": 50, "p95_ms": p95_ms, "lost": lost, "others": others}
        return realtime.judged(row)["met"]

    assert (met(14.0, 0.0), met(14.0, 0.5), met(15.0, 0.0), met(15.0, 0.5)) == (True, True, False, None)
    assert met(1.0, 0.0, lost=1) is False
    assert "met" not in realtime.judged({"events_per_second": 200, "p95_ms": 99.0, "lost": 0, "others": 0.0})


def test_every_report_has_a_table() -> None:
    machine = {"at": "2026-11-23T00:00:00", "commit": "abc", "cores": 2, "python": "3.11", "load_before": 0.1}
    arrival = realtime.compare(50, {"msg_1": 0.0}, {"msg_1": 1.0}, [("msg_1", 0, 1.1), ("msg_1", 1, 1.1)])
    operation = measure.row_of("read", [0.001], at_once=1, elapsed=1.0, cpu_s=0.001)
    medians = [{"key": key} | median([a_run(100)]) for key in ("ours", "tuned", "echo")]
    reports: dict[str, Any] = {
        "api": {"machine": machine, "seconds": 8.0, "scenarios": {"me": medians}}
        | {"ratios": msgspec.to_builtins(ratios.of({"me": medians}))},
        "parts": {"machine": machine, "rows": [operation | {"server_cpu_us": 1.0}, operation]},
        "store": {"machine": machine, "rows": [operation]},
        "realtime": {"machine": machine, "apps": 2, "seconds": 20.0}
        | {"rows": [realtime.judged(arrival | {"others": 0.0})]},
    }
    page = markdown.figures(reports)
    assert page.count("### ") == 5
    assert (
        "| `GET /me` | SupportCarr | requests per second | Express 4, tuned | 1.00 "
        "| at least 3: **NOT met** |" in page
    )
    assert "p95 below 15 ms, nothing lost: **NOT met**" in page


def test_the_table_of_fairness_says_who_was_refused_and_who_waited() -> None:
    row = {
        "worst": "holds 2,500 silent connections",
        "by_one": "250 connections/s",
        "per_second": 1998,
        "refused": 0,
        "late": 1,
        "p50_ms": 1.5,
        "p95_ms": 12.9,
        "p99_ms": 35.4,
        "new_p95_ms": 16.2,
        "log_mb": 3.5,
        "others": 0.04,
        "met": False,
    }
    told = {"at": "2026-11-28T18:00:00+00:00", "commit": "abc", "cores": 2}
    page = markdown.figures({"fairness": {"machine": told, "seconds": 10.0, "rate": 2000, "rows": [row]}})
    assert "the mix at 2,000 requests a second" in page
    assert (
        "| holds 2,500 silent connections (250 connections/s) | 1,998 | 0 | 1 | 1.5 | 12.9 | 35.4 |" in page
    )
    assert "**NOT met**" in page
