"""Errors are classified as unavailability or passed on; write conflicts are retried."""

from __future__ import annotations

import asyncio

import pytest
from pymongo import errors

from supportcarr.kit.store.mongo.errors import MAX_CONFLICTS, MAX_PAUSE_S, Attempts, as_unavailable, index_of
from supportcarr.kit.store.port import StoreUnavailable

CONFLICT = errors.OperationFailure("WriteConflict", 112)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Records pauses instead of waiting."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("supportcarr.kit.store.mongo.errors.asyncio.sleep", sleep)
    return made


class Flaky:
    """Fails that many times, then succeeds."""

    def __init__(self, failures: int, error: Exception = CONFLICT) -> None:
        self.left, self.error, self.calls = failures, error, 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "done"


async def test_a_write_conflict_is_retried_after_a_growing_random_pause(pauses: list[float]) -> None:
    attempt = Attempts()
    assert await attempt(Flaky(MAX_CONFLICTS)) == "done"
    assert len(pauses) == MAX_CONFLICTS
    assert len(set(pauses)) > 1
    assert max(pauses) <= MAX_PAUSE_S
    assert (attempt.operations, attempt.conflicts, attempt.unavailable) == (1, MAX_CONFLICTS, 0)


async def test_too_many_consecutive_conflicts_make_the_store_unavailable() -> None:
    attempt, flaky = Attempts(), Flaky(MAX_CONFLICTS + 1)
    with pytest.raises(StoreUnavailable):
        await attempt(flaky)
    assert flaky.calls == MAX_CONFLICTS + 1
    assert attempt.unavailable == 1


@pytest.mark.parametrize(
    "error",
    [
        errors.ServerSelectionTimeoutError("no server"),
        errors.AutoReconnect("connection closed"),
        errors.NetworkTimeout("timed out"),
        errors.WaitQueueTimeoutError("no connection is free"),
        errors.ExecutionTimeout("operation exceeded time limit", 50),
        errors.WTimeoutError("waiting for replication timed out", 64),
        errors.WriteConcernError("not enough data-bearing nodes", 100),
        errors.NotPrimaryError("not primary"),
        errors.OperationFailure("not authorized", 13),
        errors.OperationFailure("interrupted at shutdown", 11600),
        errors.OperationFailure("no space left on device", 14031),
        errors.BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
        errors.InvalidOperation("Cannot use AsyncMongoClient after close"),
        errors.ConfigurationError("the DNS query name does not exist"),
    ],
)
async def test_a_server_that_cannot_serve_is_unavailable_at_once(error: errors.PyMongoError) -> None:
    flaky = Flaky(1, error)
    with pytest.raises(StoreUnavailable):
        await Attempts()(flaky)
    assert flaky.calls == 1


@pytest.mark.parametrize(
    "error",
    [
        errors.DuplicateKeyError("E11000", 11000),
        errors.OperationFailure("unknown operator: $nonsense", 2),
        errors.BulkWriteError({"writeErrors": [{"code": 11000}], "writeConcernErrors": []}),
        errors.InvalidOperation("cannot set options after executing query"),
    ],
)
async def test_other_errors_of_the_driver_are_raised_unchanged(error: errors.PyMongoError) -> None:
    assert as_unavailable(error) is None
    with pytest.raises(type(error)):
        await Attempts()(Flaky(1, error))


async def test_a_cancelled_caller_is_not_retried() -> None:
    async def never() -> None:
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(Attempts()(never))
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("details", "named"),
    [
        ({"keyPattern": {"shelf": 1}, "keyValue": {"shelf": "A"}, "errmsg": "…"}, "shelf"),
        ({"errmsg": "E11000 duplicate key error collection: t.p index: p__shelf__unique dup key: {}"},
         "p__shelf__unique"),
        ({"errmsg": "E11000 duplicate key error index: t.p.$shelf_1 dup key"}, "shelf_1"),
        ({"errmsg": "duplicate key violation on the requested collection"}, None),
        ({}, None),
        (None, None),
    ],
)  # fmt: skip
def test_the_duplicate_key_is_read_from_either_form_of_the_error(
    details: dict[str, object] | None, named: str | None
) -> None:
    assert index_of(details) == named
