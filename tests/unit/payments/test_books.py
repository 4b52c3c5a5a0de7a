"""Every kind of mismatch between the records of money is reported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from support.payments.reconciliation import Due, StripeLine, differences
from supportcarr.contracts.money import Charge
from supportcarr.payments.ledger_entries import (
    Entry,
    LedgerTransaction,
    entries_for_charge,
    entries_for_payment,
)

OWED = Charge(2500, 1875, "CAD")
LINE = StripeLine(
    id="pi_1", rescue_id="res_1", status="succeeded", currency="CAD", captured_minor=2500, refunded_minor=0
)
DUE = Due(rider_id="usr_r", driver_id="usr_d", owed=OWED)
AT = datetime(2026, 11, 25, tzinfo=UTC)
CHARGE = LedgerTransaction(
    id="ltx_1.charge",
    kind="fare",
    rescue_id="res_1",
    payment_id="pay_1",
    driver_id="usr_d",
    currency="CAD",
    entries=entries_for_charge(OWED, rider_id="usr_r", driver_id="usr_d"),
    at=AT,
)
PAYMENT = replace(
    CHARGE, id="ltx_1.payment", kind="payment", entries=entries_for_payment(2500, rider_id="usr_r")
)


def test_matching_records_have_no_differences() -> None:
    assert differences([LINE], [CHARGE, PAYMENT], {"res_1": DUE}) == []


def test_a_live_rescue_may_be_held() -> None:
    held = replace(LINE, status="requires_capture", captured_minor=0)
    assert differences([held], [], {"res_1": replace(DUE, owed=None)}) == []


def test_a_rescue_that_owes_nothing_has_nothing_booked() -> None:
    gone = replace(LINE, status="canceled", captured_minor=0)
    assert differences([gone], [], {"res_1": replace(DUE, owed=Charge(0, 0, "CAD"))}) == []


@pytest.mark.parametrize(
    ("stripe", "ledger", "rescues", "word"),
    [
        ([LINE, replace(LINE, id="pi_2")], [CHARGE, PAYMENT], {"res_1": DUE}, "captured 5000"),
        ([], [CHARGE, PAYMENT], {"res_1": DUE}, "captured 0"),
        ([replace(LINE, refunded_minor=100)], [CHARGE, PAYMENT], {"res_1": DUE}, "Stripe has 2400"),
        ([LINE], [CHARGE], {"res_1": DUE}, "still owes 2500"),
        ([LINE], [PAYMENT], {"res_1": DUE}, "owes its driver 1875"),
        ([LINE], [CHARGE, CHARGE, PAYMENT], {"res_1": DUE}, "ledger says 3750"),
        ([LINE], [CHARGE, PAYMENT], {"res_1": replace(DUE, owed=None)}, "before its end"),
        ([LINE], [CHARGE, PAYMENT], {}, "no such rescue"),
        (
            [LINE, replace(LINE, id="pi_2", status="requires_capture", captured_minor=0)],
            [CHARGE, PAYMENT],
            {"res_1": DUE},
            "still held",
        ),
        ([replace(LINE, currency="USD")], [CHARGE, PAYMENT], {"res_1": DUE}, "another currency"),
        ([replace(LINE, rescue_id=None)], [], {}, "names no rescue"),
        (
            [LINE],
            [CHARGE, PAYMENT, replace(CHARGE, id="ltx_2", entries=(Entry("platform_revenue", 1),))],
            {"res_1": DUE},
            "sum to 1",
        ),
    ],
)
def test_a_difference_is_reported_in_a_sentence(
    stripe: list[StripeLine], ledger: list[LedgerTransaction], rescues: dict[str, Any], word: str
) -> None:
    assert any(word in sentence for sentence in differences(stripe, ledger, rescues))
