"""Secrets are guessed at through two real API processes at once, while Redis is wiped.

No more guesses are judged than through one process.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from support.http.server import AUTH, PASSWORD, new_phone
from support.platform.fleet import Fleet, FleetProcess, Response
from support.rescues.builders import rescue_in
from support.sms import another_code
from support.store.fixtures import ENGINES
from supportcarr.auth.codes import TRIES_MAX
from supportcarr.auth.guesses import GuessRules
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.model import RescueRules
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

AT_ONCE = 16  # guesses in one wave, half of them through each process
NO_LIMITS = {
    "LIMITS_SENSITIVE_PER_MINUTE": "1000000",
    "LIMITS_PINS_PER_MINUTE": "1000000",
    "LIMITS_TEXTS_PER_ADDRESS_PER_HOUR": "1000000",
    "LIMITS_TEXTS_PER_ADDRESS_PER_DAY": "1000000",
}


@dataclass(slots=True)
class TwoProcesses:
    """Two API processes on one store, and the Redis that they share."""

    fleet: Fleet
    processes: tuple[FleetProcess, FleetProcess]
    redis: EmbeddedRedis

    @property
    def first(self) -> FleetProcess:
        return self.processes[0]

    async def wave(self, guess: Callable[[FleetProcess], Awaitable[Response]]) -> Counter[str]:
        """The codes of the responses to ``AT_ONCE`` guesses at once."""
        sent = await asyncio.gather(*(guess(self.processes[n % 2]) for n in range(AT_ONCE)))
        return Counter(str((one.body or {}).get("code", one.status)) for one in sent)

    def wipe(self) -> None:
        self.redis.kill()
        self.redis.start()


@pytest.fixture(params=ENGINES)
async def two(
    request: pytest.FixtureRequest, tmp_path: Path, own_redis_server: EmbeddedRedis
) -> AsyncIterator[TwoProcesses]:
    settings = dict(NO_LIMITS)
    if request.param == "mongodb":
        settings["STORE_URL"] = request.getfixturevalue("mongodb")
    async with AsyncExitStack() as closing:
        fleet = await closing.enter_async_context(Fleet(tmp_path, own_redis_server, **settings))
        processes = (await fleet.start("api"), await fleet.start("api"))
        yield TwoProcesses(fleet, processes, own_redis_server)


async def until_refused(
    two: TwoProcesses, guess: Callable[[FleetProcess], Awaitable[Response]], judged: str, closed: str
) -> int:
    """Guess in waves until one is refused altogether; how many guesses were judged.

    Redis is wiped during the first and the second wave.
    """
    count, waves = 0, 0
    while True:
        guessing = asyncio.create_task(two.wave(guess))
        if waves < 2:
            await asyncio.sleep(0)
            await asyncio.to_thread(two.wipe)
        answers = await guessing
        assert set(answers) <= {judged, closed, "conflict"}, answers
        count, waves = count + answers[judged], waves + 1
        if waves > 2 and not answers[judged] and answers[closed]:
            return count


def most_passwords(seconds: float) -> int:
    """How many wrong passwords may be judged within that time: the free ones, and one after each pause."""
    rules = GuessRules.from_settings(AUTH)
    allowed, pause = rules.free, rules.pause_seconds
    while seconds >= pause:
        seconds, pause, allowed = seconds - pause, min(2 * pause, rules.pause_max_seconds), allowed + 1
    return allowed


Guessing = Callable[[], Awaitable[None]]  # after the preparation, which needs Redis


async def passwords(two: TwoProcesses) -> Guessing:
    fleet, phone = two.fleet, new_phone()
    await fleet.sign_up(two.first, phone)

    async def sign_in(target: FleetProcess) -> Response:
        body = {"phone": phone, "password": "not the password"}
        return await fleet.request(target, "POST", "/auth/sign-in", body)

    async def guess() -> None:
        began = time.monotonic()
        judged = await until_refused(two, sign_in, "unauthenticated", "rate_limited")
        assert AUTH.guesses_free <= judged <= most_passwords(time.monotonic() - began)

    return guess


async def codes(two: TwoProcesses) -> Guessing:
    fleet, phone = two.fleet, new_phone()
    body = {"phone": phone, "password": PASSWORD, "name": "Ana Roy", "role": "rider"}
    granted = (await fleet.request(two.first, "POST", "/auth/sign-up", body, key=phone)).body
    token, code = granted["access_token"], await fleet.code_of(granted["user"]["id"])

    async def verify(target: FleetProcess, digits: str = another_code(code)) -> Response:
        path = "/auth/phone-verification"
        return await fleet.request(target, "POST", path, {"code": digits}, token=token)

    async def guess() -> None:
        assert await until_refused(two, verify, "code_wrong", "code_ended") == TRIES_MAX
        for process in two.processes:
            assert (await verify(process, code)).body["code"] == "code_ended", "the right one is too late"

    return guess


async def pins(two: TwoProcesses) -> Guessing:
    fleet = two.fleet
    driver = await fleet.sign_up(two.first, new_phone(), "driver")
    me: Any = (await fleet.request(two.first, "GET", "/me", token=driver)).body
    rescue = replace(rescue_in("arrived"), version=0, driver_id=me["id"])
    async with fleet.open_store() as store:
        await store.collection(RESCUES).insert(rescue)

    async def start(target: FleetProcess, pin: str = "1234") -> Response:
        path = f"/rescues/{rescue.id}/start"
        return await fleet.request(target, "POST", path, {"pin": pin}, token=driver)

    async def guess() -> None:
        assert await until_refused(two, start, "pin_wrong", "pin_locked") == RescueRules().pin_tries
        for process in two.processes:
            assert (await start(process, rescue.pin)).body["code"] == "pin_locked", (
                "the right one is too late"
            )

    return guess


async def test_two_processes_judge_no_more_guesses_than_one_and_a_wiped_redis_forgets_none(
    two: TwoProcesses,
) -> None:
    for guess in [await prepare(two) for prepare in (passwords, codes, pins)]:
        await guess()
