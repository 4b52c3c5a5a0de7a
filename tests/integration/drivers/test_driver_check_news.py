"""A webhook that comes while its provider is being called is not lost: the call is repeated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from supportcarr.drivers.checks.model import Submission
from supportcarr.drivers.checks.service import DriverCheckService
from supportcarr.drivers.collections import DRIVER_CHECKS
from supportcarr.drivers.ports import Candidate, CheckReport, CheckUnavailable
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
DRIVER = "usr_driver"


class Candidates:
    async def candidate(self, driver_id: str) -> Candidate:
        return Candidate("Marie Tremblay", "+15145550112")


class Provider:
    """Has news as soon as it has answered; *answer* is what it said just before."""

    def __init__(self) -> None:
        self.service: DriverCheckService
        self.answer: CheckReport | CheckUnavailable | None = None
        self.calls = 0

    async def order(self, check_id: str, candidate: Candidate) -> CheckReport:
        return await self.read(check_id)

    async def read(self, report_id: str) -> CheckReport:
        self.calls += 1
        if self.answer is None:
            return CheckReport(id=report_id, status="clear")
        await self.service.receive("identity", report_id.encode(), "signed")
        if isinstance(self.answer, CheckUnavailable):
            raise self.answer
        return self.answer

    def read_webhook(self, body: bytes, signature: str | None) -> str | None:
        return body.decode()

    async def close(self) -> None: ...


@pytest.mark.parametrize("state", ["pending", "ordered"])
@pytest.mark.parametrize("answer", ["an older state", "no answer"])
async def test_news_during_a_call_repeat_it_at_once(store: Store, state: str, answer: str) -> None:
    provider = Provider()
    service = DriverCheckService(store, Clock(wall=NOW.timestamp), Candidates(), {"identity": provider})
    provider.service = service
    await service.request(Submission(DRIVER, 1, NOW), again=False)
    [check] = (await service.of([DRIVER]))[DRIVER]
    older = CheckReport(id=check.id, status="pending")
    if state == "ordered":
        provider.answer = older
        await service.on_check_due(check.id)
        assert provider.calls == 1

    provider.answer = older if answer == "an older state" else CheckUnavailable("no connection")
    await service.on_check_due(check.id)
    read = await store.collection(DRIVER_CHECKS).get(check.id)
    assert read is not None and read.due_at == NOW
    provider.answer = None
    await service.on_check_due(check.id)
    [done] = (await service.of([DRIVER]))[DRIVER]
    assert (done.state, done.due_at) == ("clear", None)
