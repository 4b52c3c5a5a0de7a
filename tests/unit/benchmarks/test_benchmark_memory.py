"""The benchmark of memory: progress of a demo, sums by process, ratios and their bars."""

from __future__ import annotations

from typing import Any

import memory
from rig import demo, markdown
from rig.demo import City


def test_the_last_progress_of_a_demo_is_read_in_the_words_of_old_and_new_commits() -> None:
    new = "  Running: 40 drivers online, 1 rider signed in, 1 rescue requested, 0 in progress\n"
    old = "  living: 40 drivers online, 60 riders, 279 rescues asked for, 42 live\n"
    assert demo.progress_in(new) == City(40, 1, 1, 0)
    assert demo.progress_in(new + old) == City(40, 60, 279, 42)
    assert demo.progress_in(new + old).finished == 237
    assert demo.progress_in("SupportCarr is running.") == City(0, 0, 0, 0)


def test_emulators_and_simulator_are_counted_apart() -> None:
    sums = memory.summary([("api", 50_000_000), ("sandbox", 9_000_000), ("simulator", 1_040_000)])
    assert (sums["platform"], sums["apart"], sums["all"]) == (50, 10, 60)


def figures(start_s: float, platform: float) -> dict[str, Any]:
    sums = {"platform": platform, "apart": 10, "all": platform + 10, "processes": [["api", platform]]}
    return {"start_s": start_s, "memory": [sums, sums]}


def test_a_ratio_is_ours_divided_by_the_other_ones() -> None:
    rows = memory.ratios(figures(3, 50), figures(6, 100), others=0)
    assert [(row["ratio"], row["met"]) for row in rows[:3]] == [(0.5, True), (0.5, True), (0.55, True)]


def test_memory_is_judged_on_a_busy_machine_and_a_slow_start_is_not() -> None:
    rows = memory.ratios(figures(5, 80), figures(6, 100), others=0.5)
    assert [row["met"] for row in rows[:2]] == [None, False]


def test_the_page_has_a_table_with_each_process() -> None:
    ours, base = figures(3, 50), figures(6, 100)
    machine = {"at": "2026-01-01", "commit": "abc", "cores": 2}
    report = {
        "ours": ours,
        "base": base,
        "base_commit": "def",
        "moments": memory.MOMENTS,
        "ratios": memory.ratios(ours, base, 0),
        "others": 0.0,
        "machine": machine,
    }
    page = markdown.figures({"memory": report})
    assert "| signed in, def | 100 | 10 | 110 | api 100 |" in page
    assert "| start-up | 0.50 | met |" in page
