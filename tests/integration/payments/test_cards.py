"""Riders' cards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from support.payments.world import RIDER, Emulator, PaymentParts, gateway_to, payment_parts
from supportcarr.contracts.errors import Conflict, NotFound, Overloaded, ValidationFailed
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.payments.errors import CardDeclined


@pytest.fixture
async def shop(store: Store, emulator: Emulator) -> AsyncIterator[PaymentParts]:
    async with gateway_to(emulator) as gateway:
        yield payment_parts(store, gateway)


async def listed(shop: PaymentParts, rider_id: str = RIDER) -> list[tuple[str, bool]]:
    page, default = await shop.methods.list(rider_id, limit=10, cursor=None)
    return [(m.brand, m.id == default) for m in page.items]


async def test_cards_are_listed_oldest_first_and_the_oldest_is_the_default(shop: PaymentParts) -> None:
    first, is_default = await shop.methods.add(RIDER, "pm_card_visa")
    assert (first.last4, first.exp_year, is_default) == ("4242", 2034, True)
    _, is_default = await shop.methods.add(RIDER, "pm_card_mastercard")
    assert not is_default
    assert await listed(shop) == [("visa", True), ("mastercard", False)]
    await shop.methods.remove(RIDER, first.id)
    assert await listed(shop) == [("mastercard", True)]


async def test_a_rider_is_one_customer_at_stripe(shop: PaymentParts, emulator: Emulator) -> None:
    cards = [(await shop.methods.add(RIDER, "pm_card_visa"))[0] for _ in range(2)]
    charged = [await shop.methods.gateway_ids(RIDER, card.id) for card in cards]
    assert all(charged)
    assert len({c[0] for c in charged if c}) == 1
    assert len({c[1] for c in charged if c}) == 2


async def test_the_same_card_added_again_is_the_same(shop: PaymentParts) -> None:
    first, _ = await shop.methods.add(RIDER, "pm_card_visa")
    again, _ = await shop.methods.add(RIDER, first.stripe_payment_method)
    assert again == first
    assert len(await listed(shop)) == 1


async def test_another_riders_card_cannot_be_added_removed_or_used(shop: PaymentParts) -> None:
    card, _ = await shop.methods.add(RIDER, "pm_card_visa")
    with pytest.raises((Conflict, ValidationFailed)):
        await shop.methods.add("usr_other", card.stripe_payment_method)
    with pytest.raises(NotFound):
        await shop.methods.remove("usr_other", card.id)
    assert not await shop.methods.usable("usr_other", card.id)
    assert await shop.methods.usable(RIDER, card.id)


async def test_declined_card_is_refused_with_its_own_code(shop: PaymentParts) -> None:
    with pytest.raises(CardDeclined) as refused:
        await shop.methods.add(RIDER, "pm_card_chargeDeclined")
    assert (refused.value.status, refused.value.code) == (402, "card_declined")
    assert await listed(shop) == []


async def test_card_unknown_to_stripe_is_a_field_error(shop: PaymentParts) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await shop.methods.add(RIDER, "pm_none")
    assert refused.value.errors[0].field == "stripe_payment_method"


async def test_an_outage_of_stripe_is_reported_and_can_be_retried(
    shop: PaymentParts, emulator: Emulator
) -> None:
    await emulator.set_behaviour(fail_next={"count": 1, "status": 503})
    with pytest.raises(Overloaded):
        await shop.methods.add(RIDER, "pm_card_visa")
    card, _ = await shop.methods.add(RIDER, "pm_card_visa")
    await emulator.set_behaviour(fail_next={"count": 1, "status": 503})
    with pytest.raises(Overloaded):
        await shop.methods.remove(RIDER, card.id)
    assert await shop.methods.usable(RIDER, card.id)
    await shop.methods.remove(RIDER, card.id)
    assert not await shop.methods.usable(RIDER, card.id)


async def test_stored_failure_under_a_key_does_not_lock_the_rider_out(
    shop: PaymentParts, emulator: Emulator
) -> None:
    await emulator.set_behaviour(fail_next={"count": 1, "status": 500})
    with pytest.raises(Overloaded):
        await shop.methods.add(RIDER, "pm_card_visa")
    card, _ = await shop.methods.add(RIDER, "pm_card_visa")
    assert await shop.methods.usable(RIDER, card.id)


async def test_an_expired_card_is_not_usable(store: Store, emulator: Emulator) -> None:
    then = datetime(2035, 1, 1, tzinfo=UTC).timestamp()
    async with gateway_to(emulator) as gateway:
        shop = payment_parts(store, gateway, Clock(wall=lambda: then))
        card, _ = await shop.methods.add(RIDER, "pm_card_visa")
        assert not await shop.methods.usable(RIDER, card.id)


async def test_a_card_that_was_entered_in_a_setup_is_added_once(
    shop: PaymentParts, emulator: Emulator
) -> None:
    setup, page = await shop.methods.begin_setup(RIDER)
    assert page == f"{emulator.base}/sandbox/card"
    with pytest.raises(ValidationFailed, match="not been entered"):
        await shop.methods.add_entered(RIDER, setup.id)
    wrong = await emulator.enter_card(setup.client_secret, "4000 0000 0000 0000")
    assert wrong["error"]["code"] == "invalid_number"
    declined = await emulator.enter_card(setup.client_secret, "4000 0000 0000 9995")
    assert declined["error"]["decline_code"] == "insufficient_funds"
    assert await listed(shop) == []
    done = await emulator.enter_card(setup.client_secret, "5555 5555 5555 4444")
    assert done["status"] == "succeeded"
    card, is_default = await shop.methods.add_entered(RIDER, setup.id)
    again, _ = await shop.methods.add_entered(RIDER, setup.id)
    assert (card.brand, is_default, again) == ("mastercard", True, card)
    assert await listed(shop) == [("mastercard", True)]


async def test_a_card_that_wants_3d_secure_is_entered_when_the_bank_has_confirmed_it(
    shop: PaymentParts, emulator: Emulator
) -> None:
    setup, _ = await shop.methods.begin_setup(RIDER)
    for succeeds, status in ((False, "requires_payment_method"), (True, "succeeded")):
        waiting = await emulator.enter_card(setup.client_secret, "4000 0027 6000 3184")
        assert waiting["status"] == "requires_action"
        with pytest.raises(ValidationFailed, match="not been entered"):
            await shop.methods.add_entered(RIDER, setup.id)
        answered = await emulator.authenticate_card(setup.client_secret, succeeds=succeeds)
        assert answered["status"] == status
    assert (await shop.methods.add_entered(RIDER, setup.id))[0].last4 == "3184"


async def test_the_setup_of_another_rider_is_unknown(shop: PaymentParts, emulator: Emulator) -> None:
    setup, _ = await shop.methods.begin_setup(RIDER)
    await emulator.enter_card(setup.client_secret, "4242 4242 4242 4242")
    await shop.methods.begin_setup("usr_other")
    for rider_id, setup_id in (("usr_other", setup.id), ("usr_third", setup.id), (RIDER, "seti_unknown")):
        with pytest.raises(ValidationFailed, match="no such entry"):
            await shop.methods.add_entered(rider_id, setup_id)
    assert await listed(shop, "usr_other") == []


async def test_a_setup_is_confirmed_with_its_secret_only(shop: PaymentParts, emulator: Emulator) -> None:
    setup, _ = await shop.methods.begin_setup(RIDER)
    refused = await emulator.enter_card(f"{setup.id}_secret_guess", "4242 4242 4242 4242")
    assert refused["error"]["param"] == "client_secret"
