"""Errors are classified as unavailability or passed on; write conflicts are retried."""

from __future__ import annotations

import asyncio

import pytest
from pymongo import errors

from supportcarr.kit.store.mongo.errors import (
    MAX_CONFLICTS,
    MAX_PAUSE_S,
    Attempts,
    as_unavailable,
    index_of,
    is_not_supported,
)
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
        errors.OperationFailure("the database system is not yet accepting connections", 57_003),
        errors.OperationFailure("a server that gives no code"),
        errors.CursorNotFound("the server was restarted", 43),
        errors.WriteError("the database system is shutting down", 57_001),
        errors.BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
        errors.BulkWriteError({"writeErrors": [{"code": 11000}, {"code": 57_003}], "writeConcernErrors": []}),
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
        errors.WriteError("Document failed validation", 121),
        errors.OperationFailure("object to insert too large", 10334),
        errors.BulkWriteError({"writeErrors": [{"code": 11000}], "writeConcernErrors": []}),
        errors.InvalidOperation("cannot set options after executing query"),
    ],
)
async def test_other_errors_of_the_driver_are_raised_unchanged(error: errors.PyMongoError) -> None:
    assert as_unavailable(error) is None
    with pytest.raises(type(error)):
        await Attempts()(Flaky(1, error))


async def test_a_refused_command_is_told_from_a_server_that_cannot_serve() -> None:
    serves, is_down = Flaky(0), Flaky(1, errors.OperationFailure("still starting", 57_003))
    for code, asked in ((72, 0), (59, 0), (57_003, 1)):
        refused = errors.OperationFailure("no", code)
        before = serves.calls
        assert await Attempts().refusal(Flaky(1, refused), serves) is refused
        assert serves.calls == before + asked
    assert await Attempts().refusal(Flaky(0), is_down) is None
    for error in (errors.OperationFailure("starting", 57_003), errors.OperationFailure("stepping down", 189)):
        with pytest.raises(StoreUnavailable):
            await Attempts().refusal(Flaky(1, error), is_down)


@pytest.mark.parametrize(
    ("code", "harmless"),
    [
        (59, True),
        (115, True),
        (238, True),
        (57_003, True),
        (None, True),
        (13, False),
        (72, False),
        (67, False),
    ],
)
def test_a_missing_feature_is_told_from_other_refusals(code: int | None, harmless: bool) -> None:
    assert is_not_supported(errors.OperationFailure("no", code)) == harmless


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
