"""The state of a job after a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from supportcarr.kit.jobs.service import Job
from supportcarr.kit.jobs.worker import LONGEST_RETRY_SECONDS, backoff_s, job_after_run
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import StoreUnavailable

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
JOB = Job(id="k:name", name="name", payload="{}", run_at=NOON, running=True, attempts=2, version=7)


def test_success_is_done() -> None:
    job = job_after_run(JOB, None, NOON, attempts=3, jitter=0)
    assert (job.state, job.running, job.run_at) == ("done", False, NOON)


def test_retry_later_is_no_failure_and_sets_its_own_delay() -> None:
    job = job_after_run(JOB, RetryLater(90, "the bank is closed"), NOON, attempts=3, jitter=0)
    assert (job.state, job.running, job.attempts) == ("ready", False, 2)
    assert job.run_at == NOON + timedelta(seconds=90)


def test_an_unavailable_store_is_no_failure_of_a_job() -> None:
    job = job_after_run(JOB, StoreUnavailable("in recovery"), NOON, attempts=3, jitter=0)
    assert (job.state, job.running, job.attempts) == ("ready", False, 2)
    assert job.run_at == NOON + timedelta(seconds=1)


def test_a_failure_is_retried_later_and_keeps_its_error() -> None:
    job = job_after_run(JOB, ValueError("no such card"), NOON, attempts=4, jitter=1)
    assert (job.state, job.running, job.attempts) == ("ready", False, 3)
    assert job.last_error == "ValueError: no such card"
    assert job.run_at == NOON + timedelta(seconds=2)


def test_the_last_failure_is_a_dead_letter() -> None:
    job = job_after_run(JOB, ValueError("no such card"), NOON, attempts=3, jitter=1)
    assert (job.state, job.attempts, job.run_at) == ("dead", 3, NOON)


def test_a_long_error_is_truncated() -> None:
    assert len(job_after_run(JOB, ValueError("x" * 9_000), NOON, 3, 0).last_error or "") == 500


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_retry_delays_double_up_to_a_minute_and_half_of_each_is_random(failures: int, jitter: float) -> None:
    delay = backoff_s(failures, jitter)
    assert 0.25 <= delay <= LONGEST_RETRY_SECONDS
    assert backoff_s(failures, 0) * 2 == backoff_s(failures, 1)
    assert backoff_s(failures, 1) <= backoff_s(failures + 1, 1) <= 2 * backoff_s(failures, 1)
