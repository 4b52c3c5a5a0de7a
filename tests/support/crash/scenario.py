"""A scenario: a state, something that happens in it, and what must have come of it in the end, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from support.crash.life import ok
from support.crash.world import Answered, World
from supportcarr.kit.store.port import CollectionSpec

MOMENT_S = 6.0  # how much later somebody asks again who does not do so at once

Act = Callable[[World], Awaitable[object]]
Findings = list[str]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """``prepare`` brings a populated world to the state.  Then, in the process that is killed: ``ask``, a
    client's request, and ``behind``, what happens behind it or by itself.

    Whoever asked and got no answer asks again, unless ``repeats`` is false.  ``effect`` lets the time
    pass that it may take, and answers a sentence for each thing that is not as it should be;
    ``perhaps``: it may be missing where a write was under way and nobody asked again.
    """

    name: str
    prepare: Act
    effect: Callable[[World], Awaitable[Findings]]
    ask: Callable[[World], Awaitable[Answered]] | None = None
    behind: tuple[Act, ...] = ()
    repeats: bool = True
    perhaps: bool = False
    card: str = "pm_card_visa"
    emulator: dict[str, Any] = field(default_factory=dict)  # how Stripe's emulator misbehaves

    async def act(self, world: World) -> None:
        """All of it, once."""
        if self.ask is not None:
            ok(await self.ask(world))
        for happens in self.behind:
            await happens(world)

    async def take_over(self, world: World, *, at_once: bool) -> None:
        """What another process does after one that was killed; whoever asked asks again, *at_once* or
        when the other has settled for a moment."""
        if self.ask is not None and self.repeats:
            if not at_once:
                await world.settle()
                world.jump(MOMENT_S)
                await world.settle()
            ok(await self.ask(world))
        await world.settle()


def wrong(*claims: tuple[bool, str]) -> Findings:
    """The sentences whose claim does not hold."""
    return [sentence for holds, sentence in claims if not holds]


async def nothing(_: World) -> None:
    """The populated world is the state."""


async def relay(world: World) -> None:
    await world.relay()


async def jobs(world: World) -> None:
    await world.do_jobs()


async def deadlines(world: World) -> None:
    await world.fall_due()


def later(seconds: float) -> Act:
    """That much time passes, and nobody does anything in it; drivers drive about."""

    async def pass_(world: World) -> None:
        world.jump(seconds)
        await world.drive_about()

    return pass_


def ticker(name: str) -> Act:
    async def tick(world: World) -> None:
        await world.tick(name)

    return tick


async def all_of(world: World, spec: CollectionSpec[Any], **fields: object) -> list[Any]:
    """Every document of the collection with those values."""
    return [
        document
        async for document in world.store.collection(spec).scan()
        if all(getattr(document, name) == value for name, value in fields.items())
    ]


async def intents(world: World) -> list[dict[str, Any]]:
    """Every payment in the books of Stripe's emulator."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{world.place.stripe_url}/sandbox/stripe/payment_intents", raise_for_status=True) as answer,
    ):
        content: dict[str, list[dict[str, Any]]] = await answer.json()
        return content["intents"]


def named(scenarios: Iterable[Scenario]) -> dict[str, Scenario]:
    """By name.  Raises ``ValueError`` if two share theirs."""
    listed = list(scenarios)
    found = {scenario.name: scenario for scenario in listed}
    if len(found) < len(listed):
        raise ValueError("two scenarios share a name")
    return found
