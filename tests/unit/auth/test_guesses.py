"""How attempts at an account's secret are counted, and which addresses are known.  Pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supportcarr.auth.guesses import Guesses, GuessRules, count_attempt
from supportcarr.auth.sign_in_addresses import (
    ADDRESSES_MAX,
    KNOWN_FOR,
    SignInAddresses,
    is_known,
    network_of,
    with_address,
    with_warning,
)

RULES = GuessRules(free=3, pause_seconds=2, pause_max_seconds=10, forget_seconds=3600)
NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)


def test_pauses_grow_after_the_free_attempts_up_to_a_limit() -> None:
    guesses: Guesses | None = None
    now, pauses = 1000.0, []
    for _ in range(8):
        guesses, wait = count_attempt(guesses, now, RULES)
        assert wait == 0
        pauses.append(max(0.0, guesses.paused_until - now))
        now += pauses[-1]
    assert pauses == [0, 0, 2, 4, 8, 10, 10, 10]


def test_an_attempt_during_a_pause_is_refused_and_prolongs_nothing() -> None:
    paused = Guesses(3, 1002.0, 4600.0)
    assert count_attempt(paused, 1001.5, RULES) == (paused, 0.5)


def test_attempts_are_forgotten_in_time() -> None:
    guesses, wait = count_attempt(Guesses(50, 1010.0, 1005.0), 1005.0, RULES)
    assert (guesses.attempts, wait) == (1, 0)


def test_no_number_of_attempts_is_too_large() -> None:
    guesses, _ = count_attempt(Guesses(10**9, 0.0, 2000.0), 1000.0, RULES)
    assert guesses.paused_until == 1010.0


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
