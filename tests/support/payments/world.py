"""The Stripe emulator in the test's process on a free port, and the services of payments on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import aiohttp
import pytest
from msgspec.structs import replace

from support.ports import free_port
from supportcarr.contracts.events import RescueCompleted, RescueEnded, RescueRequested
from supportcarr.contracts.money import Charge
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.types import ASGIApp, FastPathApp
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.payments.cards import PaymentMethodService
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.ports import PaymentGateway
from supportcarr.payments.service import PaymentService
from supportcarr.payments.webhooks import StripeWebhooks
from supportcarr.providers.settings import CheckSettings, StripeSettings, TwilioSettings
from supportcarr.providers.stripe import StripePaymentGateway
from supportcarr_lab.emulators.app import TwilioAccount, create_app
from supportcarr_lab.emulators.checks.api import CheckAccount

API_KEY = "sk_test_emulator"
WEBHOOK_SECRET = "whsec_of_the_emulator_2f6d1c9b84"
IDENTITY = CheckAccount("identity-key-9d3c51", "identity-webhooks-5b0f7c2e91")
BACKGROUND = CheckAccount("background-key-1f6a84", "background-webhooks-a83e60d4")
TWILIO = TwilioAccount(token="token-of-the-emulator-7c41e09b")


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, port: int, fast_path: FastPathApp | None = None) -> AsyncIterator[str]:
    """Serve an application in this process; yields its base URL."""
    lifecycle = Lifecycle()
    task = asyncio.create_task(serve(app, "127.0.0.1", port, 2.0, lifecycle=lifecycle, fast_path=fast_path))
    base = f"http://127.0.0.1:{port}"
    try:
        await until_answering(base, task.done)
        yield base
    finally:
        lifecycle.drain()
        await task


async def until_answering(base: str, ended: Callable[[], bool]) -> None:
    """Wait until a server responds.  Raises ``TimeoutError`` when it has ended, or after a minute."""
    async with aiohttp.ClientSession() as session:
        for _ in range(6000):
            if ended():
                break
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{base}/healthz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)
    raise TimeoutError(f"{base} does not respond")


class Emulator:
    """The emulator's address, and its control endpoints beyond Stripe's API."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self.session = session

    @property
    def settings(self) -> StripeSettings:
        return StripeSettings(
            api_key=API_KEY, webhook_secret=WEBHOOK_SECRET, api_base=self.base, timeout_seconds=60.0
        )

    @property
    def twilio_settings(self) -> TwilioSettings:
        return TwilioSettings(
            account_sid=TWILIO.sid, auth_token=TWILIO.token, api_base=self.base, timeout_seconds=60.0
        )

    def check_settings(self, kind: Literal["identity", "background"], **changed: Any) -> CheckSettings:
        """Settings of the provider of checks of that kind."""
        account = IDENTITY if kind == "identity" else BACKGROUND
        settings = CheckSettings(
            api_base=f"{self.base}/checks/{kind}",
            api_key=account.api_key,
            webhook_secret=account.webhook_secret,
            timeout_seconds=60.0,
        )
        return replace(settings, **changed)

    async def check_reports(self) -> list[dict[str, Any]]:
        """The reports of checks that were ordered, newest first."""
        async with self.session.get(f"{self.base}/sandbox/checks") as answer:
            return cast(list[dict[str, Any]], (await answer.json())["reports"])

    async def set_check_behaviour(self, **behaviour: Any) -> None:
        async with self.session.post(f"{self.base}/sandbox/checks/behaviour", json=behaviour) as answer:
            assert answer.status == 200, await answer.text()

    async def texts(self, to: str) -> list[dict[str, Any]]:
        """The text messages to that number, newest first."""
        async with self.session.get(f"{self.base}/sandbox/messages", params={"to": to}) as answer:
            return cast(list[dict[str, Any]], (await answer.json())["messages"])

    async def set_sms_behaviour(self, **behaviour: Any) -> None:
        async with self.session.post(f"{self.base}/sandbox/twilio/behaviour", json=behaviour) as answer:
            assert answer.status == 200, await answer.text()

    async def set_behaviour(self, **behaviour: Any) -> None:
        async with self.session.post(f"{self.base}/sandbox/stripe/behaviour", json=behaviour) as answer:
            assert answer.status == 200, await answer.text()

    async def intents(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.base}/sandbox/stripe/payment_intents") as answer:
            return cast(list[dict[str, Any]], (await answer.json())["intents"])

    async def enter_card(self, client_secret: str, number: str) -> dict[str, Any]:
        """What a rider does on the page for cards; returns the setup, or Stripe's error."""
        url = f"{self.base}/sandbox/stripe/setup_intents/confirmation"
        async with self.session.post(url, json={"client_secret": client_secret, "number": number}) as answer:
            return cast(dict[str, Any], await answer.json())

    async def authenticate_card(self, client_secret: str, *, succeeds: bool) -> dict[str, Any]:
        url = f"{self.base}/sandbox/stripe/setup_intents/authentication"
        body = {"client_secret": client_secret, "succeeds": succeeds}
        async with self.session.post(url, json=body) as answer:
            return cast(dict[str, Any], await answer.json())

    async def authenticate(self, intent_id: str, *, succeeds: bool) -> None:
        url = f"{self.base}/sandbox/stripe/payment_intents/{intent_id}/authentication"
        async with self.session.post(url, json={"succeeds": succeeds}) as answer:
            assert answer.status == 200, await answer.text()


@contextlib.asynccontextmanager
async def running_emulator(
    folder: Path, *, webhook_url: str | None = None, api_url: str | None = None
) -> AsyncIterator[Emulator]:
    """An emulator with its database in *folder*; a later emulator on the same folder continues from it.

    *webhook_url* is where Stripe's webhooks go, *api_url* the API to which those of checks go.
    """
    checks = {
        kind: replace(account, webhook_url=f"{api_url}/webhooks/checks/{kind}" if api_url else None)
        for kind, account in (("identity", IDENTITY), ("background", BACKGROUND))
    }
    app = create_app(
        data=folder,
        api_key=API_KEY,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url=webhook_url,
        twilio=TWILIO,
        checks=checks,
    )
    async with serving(cast(ASGIApp, app), free_port()) as base, aiohttp.ClientSession() as session:
        yield Emulator(base, session)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    """A Stripe emulator without webhooks."""
    async with running_emulator(tmp_path / "emulator") as emulator:
        yield emulator


@dataclass
class RecordedJobs:
    """Records the jobs that were added, so that a test can run them later."""

    added: dict[tuple[str, str], bytes] = field(default_factory=dict)
    revived: list[tuple[str, str]] = field(default_factory=list)

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        self.added.setdefault((name, key), payload)

    async def revive(self, name: str, key: str) -> bool:
        self.revived.append((name, key))
        return True


@dataclass
class PaymentParts:
    """The services of payments on a store and a gateway."""

    payments: PaymentService
    methods: PaymentMethodService
    ledger: LedgerService
    webhooks: StripeWebhooks
    jobs: RecordedJobs


def payment_parts(store: Store, gateway: PaymentGateway, clock: Clock | None = None) -> PaymentParts:
    clock = clock or Clock()
    methods = PaymentMethodService(store, clock, gateway)
    ledger = LedgerService(store, clock)
    payments = PaymentService(store, clock, gateway, methods, ledger)
    jobs = RecordedJobs()
    return PaymentParts(
        payments, methods, ledger, StripeWebhooks(store, clock, gateway, payments, jobs), jobs
    )


@contextlib.asynccontextmanager
async def gateway_to(
    emulator: Emulator, *, timeout_seconds: float = 60.0
) -> AsyncIterator[StripePaymentGateway]:
    """The real adapter, with the unmodified SDK, connected to the emulator."""
    settings = StripeSettings(
        api_key=API_KEY,
        webhook_secret=WEBHOOK_SECRET,
        api_base=emulator.base,
        timeout_seconds=timeout_seconds,
    )
    gateway = StripePaymentGateway(settings)
    try:
        yield gateway
    finally:
        await gateway.close()


async def until_done(work: Callable[[], Awaitable[None]], tries: int = 20) -> None:
    """Run a job as the worker would, but retry at once."""
    for _ in range(tries):
        try:
            return await work()
        except RetryLater:
            continue
    raise AssertionError("the job did not end")


RESCUE = "res_qc_01jtwn00000000000000000001"
RIDER = "usr_01jtwn0000000000000000r1de"
DRIVER = "usr_01jtwn0000000000000000dr1v"


def requested(method_id: str, *, total_minor: int = 2500, rescue_id: str = RESCUE) -> RescueRequested:
    return RescueRequested(
        rescue_id=rescue_id,
        rider_id=RIDER,
        area_id="montreal",
        status="requested",
        payment_method_id=method_id,
        total_minor=total_minor,
        currency="CAD",
    )


def completed(
    *, rider_minor: int = 2500, driver_minor: int = 1875, rescue_id: str = RESCUE
) -> RescueCompleted:
    return RescueCompleted(
        rescue_id=rescue_id,
        rider_id=RIDER,
        area_id="montreal",
        status="completed",
        driver_id=DRIVER,
        outcome="delivered",
        owed=Charge(rider_minor, driver_minor, "CAD"),
    )


def ended(
    kind: type[RescueEnded],
    status: str,
    *,
    rider_minor: int = 0,
    driver_minor: int = 0,
    rescue_id: str = RESCUE,
    driver_id: str | None = None,
) -> RescueEnded:
    return kind(
        rescue_id=rescue_id,
        rider_id=RIDER,
        area_id="montreal",
        status=status,
        driver_id=driver_id,
        owed=Charge(rider_minor, driver_minor, "CAD"),
    )


class Crash(BaseException):
    """Stands for a kill of the process."""


class CrashInjector:
    """Counts steps that leave a trace (calls to Stripe, writes) and raises ``Crash`` after the given one."""

    def __init__(self, crashes_after: int) -> None:
        self.left = crashes_after

    @property
    def survived(self) -> bool:
        return self.left > 0

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash

    def around(self, inner: Any, *names: str) -> Any:
        """The same object, with a step counted after each call of those methods."""
        return _CrashPoints(inner, self, names)

    def store(self, store: Store) -> Store:
        injector = self

        class CrashingStore:
            def collection(self, spec: Any) -> Any:
                return injector.around(store.collection(spec), "insert", "insert_many", "save")

        return cast(Store, CrashingStore())

    def gateway(self, gateway: PaymentGateway) -> PaymentGateway:
        return cast(PaymentGateway, self.around(gateway, "hold", "capture", "cancel", "retrieve", "find"))


class _CrashPoints:
    def __init__(self, inner: Any, injector: CrashInjector, names: tuple[str, ...]) -> None:
        self._inner, self._injector, self._names = inner, injector, names

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in self._names:
            return method

        async def stepped(*args: Any, **kwargs: Any) -> Any:
            result = await method(*args, **kwargs)
            self._injector.step()
            return result

        return stepped
