"""After a failure the breaker is open for a while; then it allows one probe."""

from __future__ import annotations

from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker


class FakeMonotonic:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_closed_breaker_allows_every_call() -> None:
    breaker = CircuitBreaker(0.5, monotonic=FakeMonotonic())
    assert [breaker.allow() for _ in range(3)] == [True, True, True]
    breaker.record_success()
    assert breaker.allow()


def test_after_a_failure_no_call_is_allowed_and_then_one_probe() -> None:
    clock = FakeMonotonic()
    breaker = CircuitBreaker(0.5, monotonic=clock)
    breaker.record_failure()
    assert not breaker.allow()
    clock.now += 0.5
    assert [breaker.allow() for _ in range(3)] == [True, False, False]


def test_a_successful_probe_closes_the_breaker() -> None:
    clock = FakeMonotonic()
    breaker = CircuitBreaker(0.5, monotonic=clock)
    breaker.record_failure()
    clock.now += 0.5
    assert breaker.allow()
    breaker.record_success()
    assert [breaker.allow() for _ in range(3)] == [True, True, True]


def test_a_failed_probe_opens_the_breaker_again() -> None:
    clock = FakeMonotonic()
    breaker = CircuitBreaker(0.5, monotonic=clock)
    breaker.record_failure()
    clock.now += 0.5
    assert breaker.allow()
    clock.now += 0.4
    breaker.record_failure()
    clock.now += 0.4
    assert not breaker.allow()
    clock.now += 0.1
    assert breaker.allow()
    assert breaker.failures == 2


def test_a_probe_without_a_recorded_result_is_followed_by_another() -> None:
    clock = FakeMonotonic()
    breaker = CircuitBreaker(0.5, monotonic=clock)
    breaker.record_failure()
    for _ in range(2):
        clock.now += 0.5
        assert [breaker.allow() for _ in range(2)] == [True, False]
