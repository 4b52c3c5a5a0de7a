"""How attempts at an account's secret are counted, and which addresses are known.  Pure rules."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from support.store.memory import MemoryStore
from supportcarr.auth.guesses import (
    CODE_RULES,
    GUESSES,
    Guesses,
    GuessLimiter,
    GuessRules,
    seconds_to_wait,
    with_attempt,
    without_attempt,
)
from supportcarr.auth.sign_in_addresses import (
    ADDRESSES_MAX,
    KNOWN_FOR,
    SignInAddresses,
    is_known,
    network_of,
    with_address,
    with_warning,
)
from supportcarr.contracts.errors import RateLimited
from supportcarr.kit.runtime.clock import Clock

RULES = GuessRules(free=3, pause_seconds=2, pause_max_seconds=10, forget_seconds=3600)
NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
NONE = Guesses(id="password:account", forgotten_at=NOW)


def test_pauses_grow_after_the_free_attempts_up_to_a_limit() -> None:
    guesses, now, pauses = NONE, NOW, []
    for _ in range(8):
        assert seconds_to_wait(guesses, now) == 0
        guesses = with_attempt(guesses, now, RULES)
        pauses.append(seconds_to_wait(guesses, now))
        now += timedelta(seconds=pauses[-1])
    assert pauses == [0, 0, 2, 4, 8, 10, 10, 10]


def test_attempts_are_forgotten_in_time() -> None:
    old = Guesses(id="a", attempts=50, paused_until=NOW + timedelta(seconds=5), forgotten_at=NOW)
    assert seconds_to_wait(old, NOW) == 0
    assert with_attempt(old, NOW, RULES).attempts == 1


def test_no_number_of_attempts_is_too_large() -> None:
    many = Guesses(id="a", attempts=10**9, forgotten_at=NOW + timedelta(seconds=1))
    assert seconds_to_wait(with_attempt(many, NOW, RULES), NOW) == 10


def test_a_taken_back_attempt_leaves_the_others_and_no_pause() -> None:
    guesses = NONE
    for _ in range(4):
        guesses = with_attempt(guesses, NOW, RULES)
    before = without_attempt(guesses)
    assert before is not None
    assert (before.attempts, before.paused_until) == (3, None)
    assert without_attempt(with_attempt(NONE, NOW, RULES)) is None


async def test_a_store_counts_as_the_rule_does_and_purges_what_is_over() -> None:
    store, times = MemoryStore(), [NOW.timestamp()]
    await store.open()
    limiter = GuessLimiter(store, Clock(wall=lambda: times[0]), RULES)
    counted = [(await limiter.attempt("password", "account")).number for _ in range(3)]
    assert counted == [1, 2, 3]
    with pytest.raises(RateLimited) as refused:
        await limiter.attempt("password", "account")
    assert refused.value.retry_after == 2
    assert (await limiter.attempt("password", "other")).number == 1
    assert (await limiter.attempt("totp", "account")).number == 1, "each kind has its own count"
    times[0] += 2
    fourth = await limiter.attempt("password", "account")
    await limiter.take_back(fourth)
    again = await limiter.attempt("password", "account")
    assert again.number == 4
    await limiter.forget(again)
    assert (await limiter.attempt("password", "account")).number == 1
    assert limiter.stats()["refused_total"] == 1
    times[0] += CODE_RULES.forget_seconds + 1
    await limiter.purge()
    assert await store.collection(GUESSES).count() == 0


async def test_attempts_at_the_same_time_in_two_processes_do_not_count_as_one() -> None:
    store = MemoryStore()
    await store.open()
    still = Clock(wall=NOW.timestamp)  # no pause ends
    limiters = [GuessLimiter(store, still, GuessRules(free=5)) for _ in range(2)]

    async def admitted(number: int) -> bool:
        try:
            await limiters[number % 2].attempt("password", "account")
        except RateLimited:
            return False
        return True

    assert sum(await asyncio.gather(*(admitted(n) for n in range(20)))) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_address_stands_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_an_address_is_known_for_some_months_after_the_last_sign_in() -> None:
    seen = with_address(SignInAddresses(id="key"), "home", NOW)
    assert seen is not None
    assert is_known(seen, "home", NOW + KNOWN_FOR)
    assert not is_known(seen, "home", NOW + KNOWN_FOR + timedelta(seconds=1))
    assert not is_known(seen, "elsewhere", NOW)
    assert not is_known(None, "home", NOW)
    assert with_address(seen, "home", NOW + timedelta(hours=1)) is None, "written once a day"
    later = with_address(seen, "home", NOW + timedelta(days=2))
    assert later is not None
    assert len(later.addresses) == 1


def test_the_latest_addresses_are_remembered() -> None:
    seen = SignInAddresses(id="key")
    for number in range(ADDRESSES_MAX + 3):
        seen = with_address(seen, f"address {number}", NOW) or seen
    assert [address.key for address in seen.addresses] == [f"address {n + 3}" for n in range(ADDRESSES_MAX)]


def test_an_owner_is_warned_once_a_day() -> None:
    warned = with_warning(SignInAddresses(id="key"), NOW)
    assert warned is not None
    assert with_warning(warned, NOW + timedelta(hours=23)) is None
    assert with_warning(warned, NOW + timedelta(hours=24)) is not None
