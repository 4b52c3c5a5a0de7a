"""A scenario: a starting state, something that happens in it, and the effect it must have exactly once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from support.crash.life import ok
from support.crash.world import ApiResponse, World
from supportcarr.kit.store.port import CollectionSpec

RETRY_DELAY_S = 6.0  # of a client that does not retry immediately

Action = Callable[[World], Awaitable[object]]
Findings = list[str]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """``prepare`` brings a populated world to the starting state.  The process that is killed then handles
    ``request``, a client's request, and runs ``background``, the work that follows or starts by itself.

    A client without a response retries, unless ``client_retries`` is false.  ``effect`` lets pass the time
    that the effect may take and returns one sentence per problem.  With ``effect_optional`` the effect may
    be missing if the kill came during a write and the client did not retry.
    """

    name: str
    prepare: Action
    effect: Callable[[World], Awaitable[Findings]]
    request: Callable[[World], Awaitable[ApiResponse]] | None = None
    background: tuple[Action, ...] = ()
    client_retries: bool = True
    effect_optional: bool = False
    card: str = "pm_card_visa"
    emulator: dict[str, Any] = field(default_factory=dict)  # how Stripe's emulator misbehaves

    async def run(self, world: World) -> None:
        """Handle the request and run the background work, once."""
        if self.request is not None:
            ok(await self.request(world))
        for action in self.background:
            await action(world)

    async def recover(self, world: World, *, immediately: bool) -> None:
        """Recover in another process after a kill.  The client retries *immediately*, or after the
        background work has settled."""
        if self.request is not None and self.client_retries:
            if not immediately:
                await world.settle()
                world.advance(RETRY_DELAY_S)
                await world.settle()
            ok(await self.request(world))
        await world.settle()


def problems(*conditions: tuple[bool, str]) -> Findings:
    """The sentences whose condition is false."""
    return [sentence for holds, sentence in conditions if not holds]


async def no_preparation(_: World) -> None:
    """The populated world is the starting state."""


async def run_relay(world: World) -> None:
    await world.relay()


async def run_jobs(world: World) -> None:
    await world.run_jobs()


async def run_deadlines(world: World) -> None:
    await world.run_deadlines()


def advance(seconds: float) -> Action:
    """Advance the clock without running anything; the drivers report their positions."""

    async def run(world: World) -> None:
        world.advance(seconds)
        await world.report_positions()

    return run


def periodic_task(name: str) -> Action:
    async def run(world: World) -> None:
        await world.run_periodic_task(name)

    return run


async def find_all(world: World, spec: CollectionSpec[Any], **fields: object) -> list[Any]:
    """Every document of the collection with those values."""
    return [
        document
        async for document in world.store.collection(spec).scan()
        if all(getattr(document, name) == value for name, value in fields.items())
    ]


async def intents(world: World) -> list[dict[str, Any]]:
    """Every payment intent of the Stripe emulator."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(
            f"{world.deployment.stripe_url}/sandbox/stripe/payment_intents", raise_for_status=True
        ) as response,
    ):
        content: dict[str, list[dict[str, Any]]] = await response.json()
        return content["intents"]


def by_name(scenarios: Iterable[Scenario]) -> dict[str, Scenario]:
    """The scenarios by name.  Raises ``ValueError`` if two have the same name."""
    listed = list(scenarios)
    found = {scenario.name: scenario for scenario in listed}
    if len(found) < len(listed):
        raise ValueError("two scenarios share a name")
    return found
