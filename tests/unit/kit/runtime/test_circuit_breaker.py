"""After a failure there is a rest; then one asks for all."""

from __future__ import annotations

from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_everybody_asks_while_it_works() -> None:
    breaker = CircuitBreaker(0.5, monotonic=Time())
    assert [breaker.allow() for _ in range(3)] == [True, True, True]
    breaker.record_success()
    assert breaker.allow()


def test_after_a_failure_nobody_asks_and_then_one_does() -> None:
    time = Time()
    breaker = CircuitBreaker(0.5, monotonic=time)
    breaker.record_failure()
    assert not breaker.allow()
    time.now += 0.5
    assert [breaker.allow() for _ in range(3)] == [True, False, False]


def test_who_asked_and_got_an_answer_lets_the_others_ask_again() -> None:
    time = Time()
    breaker = CircuitBreaker(0.5, monotonic=time)
    breaker.record_failure()
    time.now += 0.5
    assert breaker.allow()
    breaker.record_success()
    assert [breaker.allow() for _ in range(3)] == [True, True, True]


def test_who_asked_in_vain_begins_another_rest() -> None:
    time = Time()
    breaker = CircuitBreaker(0.5, monotonic=time)
    breaker.record_failure()
    time.now += 0.5
    assert breaker.allow()
    time.now += 0.4
    breaker.record_failure()
    time.now += 0.4
    assert not breaker.allow()
    time.now += 0.1
    assert breaker.allow()
    assert breaker.failures == 2


def test_who_asked_and_never_said_how_it_went_is_followed_by_another() -> None:
    time = Time()
    breaker = CircuitBreaker(0.5, monotonic=time)
    breaker.record_failure()
    for _ in range(2):
        time.now += 0.5
        assert [breaker.allow() for _ in range(2)] == [True, False]
