"""The benchmark beside another commit: pairs of runs, their ratios and bars, places, CPU by process."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import against
import msgspec
import pytest
from rig import checkouts, markdown, pairs, rescue_people, whole_platform, whole_rescue

from supportcarr.contracts.geo import GeoPoint, distance_m
from supportcarr.tracking.model import PositionRules


def test_the_two_builds_take_turns_in_running_first() -> None:
    assert list(pairs.order(3)) == [("ours", "base"), ("base", "ours"), ("ours", "base")]


def test_a_machine_that_becomes_slower_does_not_change_the_ratio_of_pairs() -> None:
    ratio = pairs.paired_ratio("mix", "per_second", [3000, 300, 30], [2000, 200, 20])
    assert (ratio.value, ratio.error, ratio.pairs, ratio.met) == (1.5, 0.0, 3, True)


def test_the_ratio_of_pairs_is_their_geometric_mean_with_its_standard_error() -> None:
    ratio = pairs.paired_ratio("me", "per_second", [200, 100], [100, 200])
    assert (ratio.value, ratio.error, ratio.of_medians, ratio.met) == (1.0, 0.693, 1.0, True)


def test_a_single_pair_has_no_standard_error() -> None:
    assert pairs.paired_ratio("me", "per_second", [1], [1]).error is None


def test_a_bar_is_judged_by_the_exact_ratio() -> None:
    assert pairs.paired_ratio("whole-rescue", "cpu_ms", [60.01], [100]).met is False
    assert pairs.paired_ratio("whole-rescue", "cpu_ms", [60], [100]).met is True


def test_a_figure_without_a_bar_is_not_judged() -> None:
    assert pairs.paired_ratio("me", "p95_ms", [9], [1]).met is None


def test_on_a_busy_machine_only_cpu_can_miss_its_bar() -> None:
    def met(scenario: str, figure: str, ours: float) -> bool | None:
        return pairs.paired_ratio(scenario, figure, [ours], [100], others=0.2).met

    assert met("mix", "per_second", 140) is None
    assert met("mix", "per_second", 160) is True
    assert met("whole-rescue", "cpu_ms", 70) is False


def test_one_disturbed_run_does_not_make_the_machine_busy() -> None:
    runs = {key: [{"others": share} for share in (0.0, 0.01, 0.9)] for key in ("ours", "base")}
    assert pairs.others_of(runs) == 0.01


def test_runs_that_are_not_pairs_are_rejected() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pairs.paired_ratio("me", "per_second", [1, 2], [1])


def test_each_rider_has_a_driver_who_is_nearer_than_any_other() -> None:
    places = rescue_people.places(rescue_people.PAIRS)
    for one, other in itertools.combinations(places, 2):
        assert distance_m(one, other) > 1_500


def test_the_positions_of_a_trip_are_believed_however_fast_they_follow() -> None:
    start = GeoPoint(45.5, -73.6)
    steps = rescue_people.trip(start, rescue_people.end_of_trip(start))
    assert steps[-1] == rescue_people.end_of_trip(start)
    for before, after in itertools.pairwise([start, *steps]):
        assert distance_m(before, after) < PositionRules().max_speed_ms


def test_more_pairs_than_the_area_has_room_for_are_rejected() -> None:
    with pytest.raises(ValueError, match="room for"):
        rescue_people.places(1_000)


def test_the_emulators_cpu_is_counted_apart() -> None:
    used = whole_platform.used_between({"api": 1.0, "sandbox": 1.0}, {"api": 1.5, "sandbox": 3.0})
    assert used == whole_platform.Used(platform={"api": 0.5}, apart={"sandbox": 2.0})


def test_a_name_that_is_no_commit_and_no_checkout_is_rejected() -> None:
    with pytest.raises(SystemExit, match="neither a commit"):
        checkouts.checkout_of("no-such-commit")


def test_a_folder_that_is_set_up_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    monkeypatch.setattr(checkouts, "_git", lambda *arguments, folder: "abc1234")
    found = checkouts.checkout_of(str(tmp_path))
    assert (found.commit, found.program) == (
        "abc1234",
        (str(tmp_path.resolve() / ".venv/bin/python"), "-m", "supportcarr"),
    )


def rescue_run(cpu_ms: float, **more: Any) -> dict[str, Any]:
    figures = ("per_second", "p50_s", "p95_s", "emulators_ms", "generator_ms", "window_s", "others")
    counts = {"rescues": 64, "declined": 0, "problems": 0}
    of_process = {"cpu_ms_by_role": {"api": cpu_ms}, "quiet": True}
    return dict.fromkeys(figures, 1.0) | counts | of_process | {"cpu_ms": cpu_ms} | more


def report() -> dict[str, Any]:
    runs = {"ours": [rescue_run(30.0, others=0.0)], "base": [rescue_run(40.0, others=0.0)]}
    rows = {key: whole_rescue.median(of_build) | {"idle_cores": 0.02} for key, of_build in runs.items()}
    return {
        "machine": {"at": "2026-01-01", "commit": "abc", "cores": 2},
        "base_commit": "def",
        "pairs": 12,
        "seconds": 2.0,
        "rescue_pairs": 6,
        "rescues": 64,
        "rescues_at_once": 32,
        "scenarios": {
            "whole-rescue": rows | against.comparison("whole-rescue", ("per_second", "cpu_ms"), runs)
        },
    }


def test_the_page_has_both_builds_and_marks_a_missed_bar() -> None:
    page = markdown.figures({"against": msgspec.to_builtins(report())})
    assert "### Beside def" in page
    assert "| this commit | 1.0 | 1.0 | 30.0 |" in page
    assert "requests were refused" not in page
    assert "| Whole rescues | CPU per rescue | 0.750 |  | 0.750 | at most 0.6: **NOT met** |" in page


def test_the_page_says_if_requests_were_refused() -> None:
    disturbed = report()
    disturbed["scenarios"]["whole-rescue"]["base"]["problems"] = 3
    assert "3 requests were refused." in markdown.figures({"against": disturbed})


def test_figures_with_failed_responses_or_unfinished_work_are_no_comparison() -> None:
    good: dict[str, Any] = {"ours": {"succeeded": 1.0}, "base": {"quiet": True}}
    assert against.problems_of({"mix": good}) == []
    bad = {"ours": {"succeeded": 0.9}, "base": {"quiet": False}}
    assert len(against.problems_of({"mix": bad})) == 2
