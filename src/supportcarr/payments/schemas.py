"""Request and response bodies of payments' routes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.payments.ledger_entries import LedgerTransaction, driver_earnings
from supportcarr.payments.model import ChargeKind, PaymentMethod


class NewPaymentMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A card that Stripe's form in the app has made (``pm_…``), or the setup in which it was entered
    (``seti_…``): one of the two.  The number never comes to us."""

    stripe_payment_method: Annotated[str, Meta(pattern=r"^pm_[A-Za-z0-9_]{1,200}$")] | None = None
    stripe_setup_intent: Annotated[str, Meta(pattern=r"^seti_[A-Za-z0-9_]{1,200}$")] | None = None


class CardSetupView(msgspec.Struct, frozen=True, kw_only=True):
    """The begun entry of a card."""

    id: str
    client_secret: str
    """For Stripe's form; it is of use to the rider's browser only."""
    entry_url: str | None
    """The page of Stripe's emulator where the card is entered; null: use Stripe's form."""


class PaymentAuthentication(msgspec.Struct, frozen=True, kw_only=True):
    """The confirmation of a payment that the rider's bank asks for (3-D Secure)."""

    required: bool
    """Whether the bank asks for it now."""
    client_secret: str | None = None
    """For Stripe's form; it is of use to the rider's browser only."""
    url: str | None = None
    """The page of Stripe's emulator where it is confirmed; null: use Stripe's form."""


class PaymentMethodView(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's card."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    default: bool

    @classmethod
    def of(cls, method: PaymentMethod, *, default: bool) -> PaymentMethodView:
        return cls(
            id=method.id,
            brand=method.brand,
            last4=method.last4,
            exp_month=method.exp_month,
            exp_year=method.exp_year,
            default=default,
        )


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver earned by one job (minor units; city time)."""

    rescue_id: str
    kind: ChargeKind
    amount_minor: int
    currency: str
    at: datetime

    @classmethod
    def of(cls, transaction: LedgerTransaction, driver_id: str) -> Earning:
        return cls(
            rescue_id=transaction.rescue_id,
            kind="fee" if transaction.kind == "fee" else "fare",  # a payment has no driver
            amount_minor=driver_earnings(transaction, driver_id),
            currency=transaction.currency,
            at=transaction.at,
        )
