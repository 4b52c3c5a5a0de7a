"""Riders' cards: stored at Stripe; only the details to display are stored here."""

from __future__ import annotations

from supportcarr.contracts import ids
from supportcarr.contracts.errors import Conflict, NotFound, Overloaded, ValidationFailed
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Page, Store, VersionConflict
from supportcarr.payments.collections import ACCOUNTS, METHODS
from supportcarr.payments.errors import CardDeclined
from supportcarr.payments.model import PaymentAccount, PaymentMethod
from supportcarr.payments.ports import (
    CachedFailure,
    CardRefused,
    CardSetup,
    GatewayError,
    InvalidStateError,
    PaymentGateway,
)


class PaymentMethodService:
    """The cards of each rider; the oldest one is the default."""

    def __init__(self, store: Store, clock: Clock, gateway: PaymentGateway) -> None:
        self._accounts = store.collection(ACCOUNTS)
        self._methods = store.collection(METHODS)
        self._clock = clock
        self._gateway = gateway

    async def usable(self, rider_id: str, payment_method_id: str) -> bool:
        """True if it is a card of that rider and has not expired."""
        method = await self._methods.get(payment_method_id)
        return method is not None and method.rider_id == rider_id and not method.expired(self._clock.wall())

    async def gateway_ids(self, rider_id: str, id: str) -> tuple[str, str] | None:
        """Stripe's ids of the rider and the card (``cus_…``, ``pm_…``); ``None`` if the card was removed."""
        account = await self._accounts.get(rider_id)
        method = await self._methods.get(id)
        if account is None or method is None or method.rider_id != rider_id:
            return None
        return account.customer, method.stripe_payment_method

    async def list(
        self, rider_id: str, *, limit: int, cursor: str | None
    ) -> tuple[Page[PaymentMethod], str | None]:
        """List the rider's cards, oldest first: one page, and the id of the default card."""
        page = await self._methods.find({"rider_id": rider_id}, limit=limit, cursor=cursor)
        return page, await self._default(rider_id)

    async def begin_setup(self, rider_id: str) -> tuple[CardSetup, str | None]:
        """Begin the entry of a card; returns it, and the page to enter it at if that is no form of Stripe's.

        Raises ``Overloaded`` (Stripe does not answer).
        """
        try:
            setup = await self._gateway.begin_setup(await self._customer(rider_id))
        except GatewayError as error:
            raise Overloaded(
                "The card service does not respond at the moment", retry_after=error.retry_after
            ) from error
        return setup, self._gateway.card_page("card")

    async def add_entered(
        self, rider_id: str, setup_intent: str, *, method_id: str | None = None
    ) -> tuple[PaymentMethod, bool]:
        """Add the card that the rider has entered in a setup; as ``add`` otherwise.

        Raises ``ValidationFailed`` if there is no such setup of the rider, or it is not finished.
        """
        account = await self._accounts.get(rider_id)
        try:
            setup = await self._gateway.retrieve_setup(setup_intent)
        except InvalidStateError:
            setup = None
        except GatewayError as error:
            raise Overloaded(
                "The card service does not respond at the moment", retry_after=error.retry_after
            ) from error
        if setup is None or account is None or setup.customer != account.customer:
            raise ValidationFailed.of(
                "stripe_setup_intent", "unknown", "You have begun no such entry of a card"
            )
        if not setup.done or setup.method is None:
            raise ValidationFailed.of(
                "stripe_setup_intent", "not_finished", "The card has not been entered and confirmed yet"
            )
        return await self.add(rider_id, setup.method, method_id=method_id)

    async def add(
        self, rider_id: str, stripe_payment_method: str, *, method_id: str | None = None
    ) -> tuple[PaymentMethod, bool]:
        """Attach a card to the rider; returns it, and whether it is the default.

        Repeated with the id of a card that was added, or for a card that the rider has: that one.

        Raises ``CardDeclined``, ``ValidationFailed`` (Stripe knows no such card), ``Conflict`` (it
        belongs to another rider), ``Overloaded`` (Stripe does not answer).
        """
        if method_id is not None and (added_before := await self._methods.get(method_id)):
            return added_before, await self._default(rider_id) == method_id
        try:
            customer = await self._customer(rider_id)
            card = await self._gateway.attach(stripe_payment_method, customer)
        except CardRefused as error:
            raise CardDeclined(f"The card was declined ({error.code}).") from error
        except InvalidStateError as error:
            raise ValidationFailed.of(
                "stripe_payment_method", "unknown", "Stripe knows no such card that could be added"
            ) from error
        except GatewayError as error:
            raise Overloaded(
                "The card service does not respond at the moment", retry_after=error.retry_after
            ) from error
        method = PaymentMethod(
            id=method_id or new_id(ids.PAYMENT_METHOD),
            rider_id=rider_id,
            stripe_payment_method=card.id,
            brand=card.brand,
            last4=card.last4,
            exp_month=card.exp_month,
            exp_year=card.exp_year,
        )
        try:
            method = await self._methods.insert(method)
        except DuplicateKey:
            same_request = await self._methods.get(method.id)
            method = same_request or await self._existing(rider_id, card.id)
        return method, await self._default(rider_id) == method.id

    async def remove(self, rider_id: str, id: str) -> None:
        """Detach a card.  An amount held on it stays held.  Raises ``NotFound``, ``Overloaded``."""
        method = await self._methods.get(id)
        if method is None or method.rider_id != rider_id:
            raise NotFound("There is no such card, or it is not yours")
        try:
            await self._gateway.detach(method.stripe_payment_method)
        except GatewayError as error:
            raise Overloaded(
                "The card service does not respond at the moment", retry_after=error.retry_after
            ) from error
        try:
            await self._methods.delete(id, method.version)
        except VersionConflict:
            return  # another request removed it

    async def _existing(self, rider_id: str, stripe_id: str) -> PaymentMethod:
        page = await self._methods.find({"stripe_payment_method": stripe_id}, limit=1)
        if not page.items or page.items[0].rider_id != rider_id:
            raise Conflict("This card belongs to another account")
        return page.items[0]

    async def _default(self, rider_id: str) -> str | None:
        page = await self._methods.find({"rider_id": rider_id}, limit=1)
        return page.items[0].id if page.items else None

    async def _customer(self, rider_id: str) -> str:
        account = await self._accounts.get(rider_id)
        if account is not None:
            return account.customer
        try:
            customer = await self._gateway.create_customer(rider_id, key=f"{rider_id}:customer")
        except CachedFailure:
            # this key returns the failure for ever; a superfluous customer at Stripe holds no money
            customer = await self._gateway.create_customer(rider_id, key=None)
        try:
            return (await self._accounts.insert(PaymentAccount(id=rider_id, customer=customer))).customer
        except DuplicateKey:
            account = await self._accounts.get(rider_id)
            assert account is not None
            return account.customer
