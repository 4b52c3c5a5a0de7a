"""Plans are read correctly from the ``explain`` output of several releases (forms: MongoDB's manual,
"Explain Results")."""

from __future__ import annotations

from typing import Any

import pytest

from support.mongo.plans import shards, stages

FETCHED = {"stage": "FETCH", "inputStage": {"stage": "IXSCAN", "indexName": "a"}}
READ_WHOLE = {"stage": "SORT", "inputStage": {"stage": "COLLSCAN"}}


def alone(plan: dict[str, Any], *rejected: dict[str, Any]) -> dict[str, Any]:
    return {"queryPlanner": {"winningPlan": plan, "rejectedPlans": list(rejected)}, "ok": 1}


def routed(stage: str, **of: dict[str, Any]) -> dict[str, Any]:
    plans = [{"shardName": name, "winningPlan": plan, "rejectedPlans": []} for name, plan in of.items()]
    return alone({"stage": stage, "shards": plans})


def test_rejected_plans_are_ignored() -> None:
    assert stages(alone(FETCHED, READ_WHOLE)) == ["FETCH", "IXSCAN"]
    assert stages(alone(READ_WHOLE, FETCHED)) == ["SORT", "COLLSCAN"]


def test_the_nested_plan_of_the_slot_based_engine_is_read() -> None:
    explained = alone(
        {"isCached": False, "queryPlan": FETCHED, "slotBasedPlan": {"slots": "…", "stages": "…"}}
    )
    assert stages(explained) == ["FETCH", "IXSCAN"]


def test_all_branches_of_a_plan_count() -> None:
    explained = alone({"stage": "OR", "inputStages": [FETCHED, READ_WHOLE]})
    assert stages(explained) == ["OR", "FETCH", "IXSCAN", "SORT", "COLLSCAN"]


def test_the_plan_of_a_router_lists_each_queried_shard() -> None:
    explained = routed("SHARD_MERGE_SORT", east=FETCHED, west=READ_WHOLE)
    assert stages(explained) == ["SHARD_MERGE_SORT", "FETCH", "IXSCAN", "SORT", "COLLSCAN"]
    assert shards(explained) == {"east", "west"}
    assert shards(routed("SINGLE_SHARD", east={"stage": "IDHACK"})) == {"east"}
    assert shards(alone(FETCHED)) == set()


def test_the_plan_of_an_aggregation_lists_each_shard() -> None:
    explained = {"shards": {"east": {"stages": [{"$cursor": alone(FETCHED)}, {"$group": {}}]}}, "ok": 1}
    assert stages(explained) == ["FETCH", "IXSCAN"]
    assert shards(explained) == {"east"}


def test_a_response_without_a_plan_is_an_error() -> None:
    with pytest.raises(ValueError, match="no plan"):
        stages({"ok": 1})
