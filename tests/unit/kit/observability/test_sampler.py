"""Figures that cost a query are exported as they were read last, and not at all if they cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.sampler import Sampler, Values
from supportcarr.kit.store.port import StoreUnavailable


async def test_a_figure_that_cannot_be_read_disappears_until_it_can_be() -> None:
    metrics = Metrics()
    sampler = Sampler(metrics)
    outcomes: Iterator[float | Exception] = iter([3.0, StoreUnavailable("away"), ValueError("a bug"), 4.0])

    async def waiting() -> Values:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return [(("jobs",), outcome)]

    async def steady() -> Values:
        return [((), 1.0)]

    sampler.add("jobs_waiting", ("queue",), waiting)
    sampler.add("steady", (), steady)
    seen = []
    for _ in range(4):
        await sampler.sample()
        body = metrics.render().decode()
        assert "\nsteady 1.0" in body, "one that fails does not keep others from being read"
        seen.append([line for line in body.splitlines() if line.startswith("jobs_waiting{")])
    first, last = 'jobs_waiting{queue="jobs"} 3.0', 'jobs_waiting{queue="jobs"} 4.0'
    assert seen == [[first], [], [], [last]]
