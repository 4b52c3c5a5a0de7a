"""Double entries always sum to zero."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from support.payments.balances import balances_of
from supportcarr.contracts.money import Charge, share
from supportcarr.payments.ledger_entries import (
    PLATFORM_REVENUE,
    PROMO_EXPENSE,
    STRIPE_CLEARING,
    Entry,
    LedgerTransaction,
    driver_earnings,
    entries_for_charge,
    entries_for_payment,
    imbalance,
    transaction_id,
)

AT = datetime(2026, 11, 25, tzinfo=UTC)
minor = st.integers(0, 10_000_000)


def transaction(*entries: Entry, kind: str = "fare", currency: str = "CAD") -> LedgerTransaction:
    return LedgerTransaction(
        id="ltx_1",
        kind=kind,  # type: ignore[arg-type]  # any kind will do here
        rescue_id="res_1",
        payment_id="pay_1",
        driver_id="usr_d",
        currency=currency,
        entries=entries,
        at=AT,
    )


@given(minor, minor, minor, st.sampled_from([None, "usr_d"]))
def test_a_charge_sums_to_zero(rider: int, driver: int, promo: int, driver_id: str | None) -> None:
    entries = entries_for_charge(Charge(rider, driver, "CAD", promo), rider_id="usr_r", driver_id=driver_id)
    assert sum(e.amount_minor for e in entries) == 0


@given(minor)
def test_a_payment_sums_to_zero(captured: int) -> None:
    assert sum(e.amount_minor for e in entries_for_payment(captured, rider_id="usr_r")) == 0


@given(minor, minor)
def test_payment_moves_the_riders_debt_to_stripe(rider: int, driver: int) -> None:
    owed = Charge(rider, driver, "CAD")
    booked = [
        transaction(*entries_for_charge(owed, rider_id="usr_r", driver_id="usr_d")),
        transaction(*entries_for_payment(rider, rider_id="usr_r"), kind="payment"),
    ]
    balances = balances_of(booked)
    assert balances.get(("rider:usr_r", "CAD"), 0) == 0
    assert balances.get((STRIPE_CLEARING, "CAD"), 0) == rider
    assert balances.get(("driver_payable:usr_d", "CAD"), 0) == -driver
    assert balances.get((PLATFORM_REVENUE, "CAD"), 0) == driver - rider
    assert sum(balances.values()) == 0


@given(st.integers(0, 1_000_000), st.integers(0, 100))
def test_a_promotion_is_paid_by_the_platform_alone(total: int, percent: int) -> None:
    discount = share(total, percent)
    driver = total - share(total, 25)
    plain = balances_of(
        [transaction(*entries_for_charge(Charge(total, driver, "CAD"), rider_id="usr_r", driver_id="usr_d"))]
    )
    promoted = balances_of(
        [
            transaction(
                *entries_for_charge(
                    Charge(total - discount, driver, "CAD", discount), rider_id="usr_r", driver_id="usr_d"
                )
            )
        ]
    )
    for account in ("driver_payable:usr_d", PLATFORM_REVENUE):
        assert promoted.get((account, "CAD"), 0) == plain.get((account, "CAD"), 0)
    assert promoted.get((PROMO_EXPENSE, "CAD"), 0) == discount


def test_without_a_driver_nothing_is_payable_to_one() -> None:
    entries = entries_for_charge(Charge(700, 560, "CAD"), rider_id="usr_r", driver_id=None)
    assert entries == (Entry("rider:usr_r", 700), Entry(PLATFORM_REVENUE, -700))


def test_unbalanced_transaction_is_detected() -> None:
    assert imbalance(transaction(Entry("a", 5), Entry("b", -4))) == 1


def test_earnings_equal_the_drivers_share_of_charges() -> None:
    fare = transaction(*entries_for_charge(Charge(2500, 1875, "CAD"), rider_id="usr_r", driver_id="usr_d"))
    assert driver_earnings(fare, "usr_d") == 1875
    assert driver_earnings(fare, "usr_r") == 0


def test_a_repeat_has_the_same_id() -> None:
    assert transaction_id("pay_01x", "charge") == "ltx_01x.charge" != transaction_id("pay_01x", "payment")
