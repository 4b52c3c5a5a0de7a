"""Payments without an outcome are counted with the age of the oldest, until they come to rest."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from support.payments.world import (
    RIDER,
    Emulator,
    PaymentParts,
    completed,
    gateway_to,
    payment_parts,
    requested,
    until_done,
)
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.payments.model import UNRESOLVED
from supportcarr.payments.unresolved import Unresolved, UnresolvedPayments
from supportcarr.providers.stripe import StripePaymentGateway

NONE = {status: Unresolved(0, 0.0) for status in UNRESOLVED}


@pytest.fixture
async def gateway(emulator: Emulator) -> AsyncIterator[StripePaymentGateway]:
    async with gateway_to(emulator) as opened:
        yield opened


@pytest.fixture
def shop(store: Store, gateway: StripePaymentGateway) -> PaymentParts:
    return payment_parts(store, gateway)


def read(store: Store, later_s: float = 0.0) -> UnresolvedPayments:
    return UnresolvedPayments(store, Clock(wall=lambda: time.time() + later_s))


async def test_a_payment_that_moves_is_never_left_unresolved(shop: PaymentParts, store: Store) -> None:
    card = (await shop.methods.add(RIDER, "pm_card_visa"))[0].id
    assert await read(store).by_status() == NONE
    await until_done(lambda: shop.payments.hold(requested(card)))
    assert await read(store, 3600).by_status() == NONE
    await until_done(lambda: shop.payments.settle(completed()))
    assert await read(store, 3600).by_status() == NONE


async def test_a_hold_whose_outcome_is_unknown_is_counted_with_its_age(
    shop: PaymentParts, store: Store, emulator: Emulator
) -> None:
    card = (await shop.methods.add(RIDER, "pm_card_visa"))[0].id
    await emulator.set_behaviour(fail_next={"count": 50, "status": 500})
    with pytest.raises(RetryLater):
        await shop.payments.hold(requested(card))
    found = (await read(store, 3600).by_status())["holding"]
    assert found.number == 1 and 3600 <= found.oldest_s < 3600 + 600
    [record] = await read(store).oldest(10)
    assert record.status == "holding"
    await emulator.set_behaviour(fail_next={"count": 0})
    await until_done(lambda: shop.payments.hold(requested(card)))
    assert await read(store, 3600).by_status() == NONE
    assert await read(store).oldest(10) == []
