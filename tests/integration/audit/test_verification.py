"""``supportcarr audit verify`` finds every change of the audit log, on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from msgspec.structs import replace

from support.audit.log import AuditWorld
from support.store.fixtures import ENGINES, store_at
from supportcarr.audit.model import HEAD_ID, chained
from supportcarr.audit.verification import AuditVerifier

RECORDS = 6


@pytest.fixture(params=ENGINES)
async def audit(request: pytest.FixtureRequest) -> AsyncIterator[AuditWorld]:
    """Six records: three chained and anchored, then three more."""
    store = store_at(request.getfixturevalue(request.param))
    await store.open()
    world = AuditWorld(store)
    for n in range(RECORDS):
        await world.act(subject=f"res_{n + 1}")
        if n + 1 in (3, RECORDS):
            await world.chain.extend()
    yield world
    await store.close()


async def test_an_untouched_log_has_no_problems(audit: AuditWorld) -> None:
    found = await audit.verify()
    assert (found.problems, found.records, found.last_place, found.anchors) == ((), 6, 6, 2)


async def test_a_changed_record_is_found(audit: AuditWorld) -> None:
    await audit.overwrite(replace(await audit.at(2), subject="res_9"))
    [problem] = (await audit.verify()).problems
    assert problem.startswith("Record 2 (") and "was changed" in problem


async def test_a_record_that_was_removed_is_found(audit: AuditWorld) -> None:
    await audit.remove(4)
    [problem] = (await audit.verify()).problems
    assert problem == "Record 4 is missing."


async def test_records_that_changed_places_are_found(audit: AuditWorld) -> None:
    await audit.swap(2, 5)
    problems = (await audit.verify()).problems
    assert any("it belongs at place 5" in p and p.startswith("Record 2 (") for p in problems)
    assert any("it belongs at place 2" in p and p.startswith("Record 5 (") for p in problems)


async def test_an_end_that_was_cut_off_is_found(audit: AuditWorld) -> None:
    await audit.remove(6)
    [problem] = (await audit.verify()).problems
    assert "Record 6 is missing. The end of the log was cut off" in problem


async def test_an_end_that_was_cut_off_with_its_head_is_found_by_the_anchors(audit: AuditWorld) -> None:
    anchor = audit.outside.anchors[0]
    head = await audit.heads.get(HEAD_ID)
    assert head is not None
    older = replace(head, place=anchor.place, hash=anchor.hash, at=anchor.at)
    await audit.remove(4, 5, 6)
    await audit.heads.save(audit.signer.signed(older))  # an old head, as a backup has it
    [problem] = (await audit.verify()).problems
    assert "Records 4 to 6 are missing." in problem and "the log ends at 3" in problem


async def test_a_chain_whose_hashes_were_calculated_anew_is_found(audit: AuditWorld) -> None:
    forged = replace(await audit.at(2), subject="res_9")
    records = [forged, *[await audit.at(place) for place in range(3, RECORDS + 1)]]
    previous = (await audit.at(1)).hash
    for place, record in enumerate(records, 2):
        assert previous is not None
        again = chained(record, place, previous)
        await audit.overwrite(again)
        previous = again.hash
    problems = (await audit.verify()).problems
    assert len(problems) == 2 and all("is not the one whose hash was signed" in p for p in problems)
    assert problems[0].startswith("Record 3 (")


async def test_a_forged_head_is_found(audit: AuditWorld) -> None:
    head = await audit.heads.get(HEAD_ID)
    assert head is not None
    await audit.heads.save(replace(head, place=5))
    assert any("head of the chain was not signed" in p for p in (await audit.verify()).problems)


async def test_two_workers_make_one_chain(audit: AuditWorld) -> None:
    """Also one that was killed before it stored the head."""
    other = AuditWorld.__new__(AuditWorld)
    other.__dict__ |= audit.__dict__
    for n in range(5):
        await audit.act(subject=f"res_{10 + n}")
    head = await audit.heads.get(HEAD_ID)
    await audit.chain.extend()
    later = await audit.heads.get(HEAD_ID)
    assert head is not None and later is not None
    await audit.heads.save(replace(head, version=later.version))  # as if the head had not been stored
    await audit.act(subject="res_20")
    await audit.chain.extend()
    found = await audit.verify()
    assert (found.problems, found.last_place, found.waiting) == ((), 12, 0)


async def test_an_event_that_comes_twice_is_one_record(audit: AuditWorld) -> None:
    envelope = await audit.act(subject="res_30")
    await audit.log.append(envelope)
    await audit.chain.extend()
    await audit.log.append(envelope)
    await audit.chain.extend()
    found = await audit.verify()
    assert (found.problems, found.records) == ((), RECORDS + 1)


async def test_what_retention_removed_is_not_missing(audit: AuditWorld) -> None:
    stored = (await audit.at(5)).stored_at
    kept = replace(await audit.at(4), stored_at=stored)
    del kept
    await audit.chain.purge(stored)
    found = await audit.verify()
    assert found.problems == ()
    assert found.last_place == RECORDS


async def in_steps(audit: AuditWorld, limit: int, verifier: AuditVerifier | None = None) -> list[str]:
    """What the verification finds that workers repeat."""
    verifier = verifier or AuditVerifier(audit.store, audit.signer)
    cursor: str | None = None
    problems: list[str] = []
    while True:
        step = await verifier.step(cursor, limit)
        problems += step.problems
        cursor = step.cursor
        if cursor is None:
            return problems


@pytest.mark.parametrize("limit", [1, 2, 4, RECORDS, 100])
async def test_steps_of_any_length_find_what_the_command_finds(audit: AuditWorld, limit: int) -> None:
    assert await in_steps(audit, limit) == []
    await audit.overwrite(replace(await audit.at(2), subject="res_9"))
    await audit.remove(5)
    assert await in_steps(audit, limit) == list((await audit.verify()).problems) != []


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_steps_find_a_gap_that_is_longer_than_a_step(audit: AuditWorld, limit: int) -> None:
    await audit.remove(2, 3, 4, 5)
    assert await in_steps(audit, limit) == list((await audit.verify()).problems) != []


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_steps_find_that_all_is_gone(audit: AuditWorld, limit: int) -> None:
    await audit.remove(1, 2, 3, 4, 5, 6)
    assert await in_steps(audit, limit) == list((await audit.verify()).problems) != []


async def test_steps_find_an_end_that_was_cut_off(audit: AuditWorld) -> None:
    await audit.remove(6)
    [problem] = await in_steps(audit, 2)
    assert "Record 6 is missing. The end of the log was cut off" in problem


async def test_steps_find_a_forged_head(audit: AuditWorld) -> None:
    head = await audit.heads.get(HEAD_ID)
    assert head is not None
    await audit.heads.save(replace(head, place=5))
    assert any("was not signed" in problem for problem in await in_steps(audit, 2))


async def test_an_older_head_with_its_records_is_found_by_a_process_that_saw_the_newer(
    audit: AuditWorld,
) -> None:
    verifier = AuditVerifier(audit.store, audit.signer)
    assert await in_steps(audit, 10, verifier) == []
    anchor = audit.outside.anchors[0]
    head = await audit.heads.get(HEAD_ID)
    assert head is not None
    await audit.remove(4, 5, 6)
    await audit.heads.save(
        audit.signer.signed(replace(head, place=anchor.place, hash=anchor.hash, at=anchor.at))
    )
    [problem] = await in_steps(audit, 10, verifier)
    assert problem.startswith("The signed head went back from record 6 to 3")


async def test_records_that_are_chained_during_a_pass_belong_to_it(audit: AuditWorld) -> None:
    verifier = AuditVerifier(audit.store, audit.signer)
    step = await verifier.step(None, 4)
    for n in range(3):
        await audit.act(subject=f"res_{20 + n}")
    await audit.chain.extend()
    rest = await verifier.step(step.cursor, 100)
    assert (rest.cursor, rest.checked, rest.problems) == (None, RECORDS + 3 - 4, ())


async def test_what_retention_removes_during_a_pass_is_not_missing(audit: AuditWorld) -> None:
    verifier = AuditVerifier(audit.store, audit.signer)
    step = await verifier.step(None, 1)
    await audit.chain.purge(datetime.now(UTC) + timedelta(days=1))
    for n in range(2):
        await audit.act(subject=f"res_{20 + n}")
    await audit.chain.extend()
    rest = await verifier.step(step.cursor, 100)
    assert (rest.cursor, rest.checked, rest.problems) == (None, 2, ())


async def test_what_retention_removes_during_a_step_is_read_again(audit: AuditWorld) -> None:
    """The head was read before, the records after."""
    verifier = AuditVerifier(audit.store, audit.signer)
    records: Any = verifier._records

    class Purged:
        """The records, as they are after a purge."""

        async def find(self, *given: Any, **options: Any) -> Any:
            await audit.chain.purge(datetime.now(UTC) + timedelta(days=1))
            await audit.act(subject="res_20")
            await audit.chain.extend()
            return await records.find(*given, **options)

    verifier._records = cast("Any", Purged())
    step = await verifier.step(None, 100)
    assert (step.checked, step.problems) == (0, ())
    verifier._records = records
    step = await verifier.step(step.cursor, 100)
    assert (step.cursor, step.checked, step.problems) == (None, 1, ())
