"""Ratios between servers, and when a bar is met."""

from __future__ import annotations

from typing import Any

from rig import ratios, tables
from rig.ratios import Bar


def row(key: str, per_second: float, cpu_us: float, others: float = 0.0) -> dict[str, Any]:
    return {"key": key, "per_second": per_second, "cpu_us": cpu_us, "others": others}


def found(results: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str, str], ratios.Ratio]:
    return {(ratio.scenario, ratio.figure, ratio.to): ratio for ratio in ratios.of(results)}


def test_supportcarr_is_divided_by_each_other_server() -> None:
    all_of = found({"mix": [row("ours", 9000, 150), row("tuned", 3000, 500), row("by_hand", 6000, 200)]})
    assert all_of["mix", "per_second", "tuned"].value == 3.0
    assert all_of["mix", "cpu_us", "by_hand"].value == 0.75
    assert not any(to == "ours" for _, _, to in all_of)


def test_each_engine_is_divided_by_the_peers_on_the_same_engine() -> None:
    keys = ("ours", "tuned", "ours_mongodb", "mongoose", "echo")
    all_of = ratios.of({"mix": [row(key, 1000, 100) for key in keys]})
    rates = {(ratio.of, ratio.to) for ratio in all_of if ratio.figure == "per_second"}
    assert rates == {
        ("ours", "tuned"),
        ("ours", "echo"),
        ("ours_mongodb", "ours"),
        ("ours_mongodb", "mongoose"),
        ("ours_mongodb", "echo"),
    }
    assert all(ratio.bar is None for ratio in all_of if ratio.of == "ours_mongodb")


def test_a_run_of_mongodb_alone_has_its_ratios() -> None:
    all_of = ratios.of({"mix": [row("ours_mongodb", 9000, 150), row("mongoose", 3000, 300)]})
    assert [(ratio.of, ratio.to, ratio.value) for ratio in all_of] == [
        ("ours_mongodb", "mongoose", 3.0),
        ("ours_mongodb", "mongoose", 0.5),
    ]


def test_the_order_of_the_servers_does_not_matter() -> None:
    rows = [row("ours", 9000, 150), row("tuned", 3000, 500)]
    assert ratios.of({"me": rows}) == ratios.of({"me": rows[::-1]})


def test_only_the_tuned_peer_and_the_echo_have_bars() -> None:
    rows = [row(key, 1000, 100) for key in ("ours", "tuned", "as_written", "by_hand", "echo")]
    barred = {key for key, ratio in found({"me": rows, "mix": rows}).items() if ratio.bar is not None}
    assert barred == {
        ("me", "per_second", "tuned"),
        ("mix", "per_second", "tuned"),
        ("me", "cpu_us", "echo"),
        ("mix", "cpu_us", "echo"),
    }


def test_a_bar_is_judged_by_the_exact_ratio() -> None:
    just_below = found({"mix": [row("ours", 2496, 100), row("tuned", 1000, 100)]})[
        "mix", "per_second", "tuned"
    ]
    assert just_below.value == 2.5
    assert just_below.met is False
    assert "NOT met" in tables.of_ratios([just_below])


def test_an_inclusive_bar_is_met_at_its_limit() -> None:
    assert [Bar("at least", 4.0).met(value) for value in (3.9, 4.0, 4.1)] == [False, True, True]
    assert [Bar("at most", 4.0).met(value) for value in (3.9, 4.0, 4.1)] == [True, True, False]


def test_on_a_busy_machine_cpu_is_judged_but_rates_are_not() -> None:
    rows = [row("ours", 9000, 90), row("tuned", 1000, 500, others=0.5), row("echo", 9000, 30)]
    all_of = found({"me": rows, "mix": [row("ours", 9000, 90), row("tuned", 1000, 500)]})
    assert all_of["me", "per_second", "tuned"].met is None
    assert all_of["me", "cpu_us", "echo"].met is True
    assert all_of["mix", "per_second", "tuned"].met is True
    assert "not judged" in tables.of_ratios([all_of["me", "per_second", "tuned"]])
