"""The ledger is verified against itself and against the payments, on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from support.store.fixtures import ENGINES, NOON, store_at
from supportcarr.contracts.money import Charge
from supportcarr.kit.jobs.verification import Step
from supportcarr.kit.store.port import Store, StoredDocument
from supportcarr.payments.collections import LEDGER, RECORDS
from supportcarr.payments.ledger_entries import Entry, LedgerTransaction, transactions_of
from supportcarr.payments.ledger_verification import LedgerVerifier
from supportcarr.payments.model import Ending, PaymentRecord

PAYMENTS = 450  # more than two pages
CHARGE = Charge(rider_minor=2_500, driver_minor=2_000, promo_minor=0, currency="CAD")


def payment(n: int) -> PaymentRecord:
    """A payment that was captured."""
    return PaymentRecord(
        id=f"pay_{n:026d}",
        version=1,
        rescue_id=f"res_{n:026d}",
        rider_id=f"usr_rider{n % 7}",
        area_id="montreal",
        driver_id="usr_driver",
        status="captured",
        currency="CAD",
        hold_minor=3_000,
        ending=Ending(CHARGE, "fare"),
        captured_minor=CHARGE.rider_minor,
        created_at=NOON,
    )


class Books:
    """A ledger, and ways to falsify it."""

    def __init__(self, store: Store) -> None:
        self.records = store.collection(RECORDS)
        self.ledger = store.collection(LEDGER)
        self.verifier = LedgerVerifier(store)

    async def fill(self) -> None:
        records = [payment(n) for n in range(PAYMENTS)]
        await self.records.insert_many([replace(record, version=0) for record in records])
        await self.ledger.insert_many(
            [
                transaction
                for record in records
                for transaction in transactions_of(record, record.captured_minor, NOON)
            ]
        )

    async def overwrite(self, changed: LedgerTransaction | PaymentRecord) -> None:
        if isinstance(changed, PaymentRecord):
            await self.records.write_stored([StoredDocument(changed.id, changed)])
        else:
            await self.ledger.write_stored([StoredDocument(changed.id, changed)])

    async def transaction(self, n: int, part: str) -> LedgerTransaction:
        found = await self.ledger.get(f"ltx_{n:026d}.{part}")
        assert found is not None
        return found

    async def verify(self, limit: int = 1_000) -> tuple[int, list[str]]:
        """A whole pass: how many documents were read, and what is wrong."""
        cursor: str | None = None
        checked, problems = 0, list[str]()
        while True:
            step: Step = await self.verifier.step(cursor, limit)
            checked, problems, cursor = checked + step.checked, [*problems, *step.problems], step.cursor
            if cursor is None:
                return checked, problems


@pytest.fixture(params=ENGINES)
async def books(request: pytest.FixtureRequest) -> AsyncIterator[Books]:
    store = store_at(request.getfixturevalue(request.param))
    filled = Books(store)
    await store.open()
    await filled.fill()
    yield filled
    await store.close()


@pytest.mark.parametrize("limit", [1, 200, 5_000])
async def test_a_right_ledger_has_no_problems_however_it_is_cut(books: Books, limit: int) -> None:
    assert await books.verify(limit) == (3 * PAYMENTS, [])


async def test_a_step_reads_little_more_than_it_may(books: Books) -> None:
    step = await books.verifier.step(None, 300)
    assert 300 <= step.checked < 500 and step.cursor is not None


async def test_a_cursor_of_another_release_begins_again(books: Books) -> None:
    step = await books.verifier.step("transactions:not a cursor", 5_000)
    assert (step.cursor, step.checked) == (None, 3 * PAYMENTS)


async def test_a_transaction_that_does_not_sum_to_zero_is_found(books: Books) -> None:
    changed = await books.transaction(7, "charge")
    entries = (replace(changed.entries[0], amount_minor=2_501), *changed.entries[1:])
    await books.overwrite(replace(changed, entries=entries))
    _, problems = await books.verify()
    assert problems[0] == f"The ledger's {changed.id} does not sum to zero."
    assert len(problems) == 2 and "the rider owes 0 CAD, the ledger has 1." in problems[1]


async def test_a_transaction_that_is_missing_is_found(books: Books) -> None:
    await books.ledger.erase_stored([(await books.transaction(441, "payment")).id])
    _, problems = await books.verify()
    assert any("captured 2500 CAD, the ledger has 0." in problem for problem in problems)


async def test_a_transaction_of_no_payment_is_found(books: Books) -> None:
    await books.ledger.insert_many(
        [replace(await books.transaction(3, "payment"), id="ltx_x.payment", payment_id="pay_x", version=0)]
    )
    _, problems = await books.verify()
    assert problems == ["The ledger's ltx_x.payment belongs to the payment pay_x, which does not exist."]


async def test_balanced_entries_of_another_amount_are_found(books: Books) -> None:
    changed = await books.transaction(9, "payment")
    entries = (Entry("stripe_clearing", 99), replace(changed.entries[1], amount_minor=-99))
    await books.overwrite(replace(changed, entries=entries))
    _, problems = await books.verify()
    assert len(problems) == 2 and "the ledger has 99." in problems[0]


async def test_a_payment_that_is_not_settled_yet_is_not_compared(books: Books) -> None:
    """Its transactions are posted before it is stored as captured."""
    await books.overwrite(replace(payment(5), status="capturing", captured_minor=0))
    assert (await books.verify())[1] == []
