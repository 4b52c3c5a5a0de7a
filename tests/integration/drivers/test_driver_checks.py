"""Drivers who apply are checked by providers (their emulator), and operators decide with the results."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from support.payments.world import BACKGROUND, IDENTITY
from support.platform.in_process import CheckedClient, Platform, running_platform
from support.rescues.fixtures import APPLICATION, VEHICLE, expect
from supportcarr.drivers.checks.model import DriverCheck
from supportcarr.drivers.collections import DRIVER_CHECKS
from supportcarr_lab.emulators.checks.api import signature

pytestmark = pytest.mark.asyncio(loop_scope="module")

USUAL = {
    "result_ms": 50,
    "delay_ms": 0,
    "timeout_next": 0,
    "fail_next": {"count": 0},
    "fail_after": False,
    "refuse_next": 0,
    "webhooks": "once",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def checking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform with providers of both kinds."""
    async with running_platform(tmp_path_factory.mktemp("checking"), checks=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def platform(checking: Platform) -> Platform:
    """The same with an emulator that behaves."""
    await checking.emulator.set_check_behaviour(**USUAL)
    return checking


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform that waits only two seconds for either provider."""
    async with running_platform(
        tmp_path,
        checks=True,
        IDENTITY_CHECKS_TIMEOUT_SECONDS="2",
        BACKGROUND_CHECKS_TIMEOUT_SECONDS="2",
    ) as running:
        await running.emulator.set_check_behaviour(**USUAL)
        yield running


async def submitted(platform: Platform, name: str = "Marie Tremblay") -> CheckedClient:
    driver = await platform.person("driver", name=name)
    expect(await driver.put("/me/driver-application", APPLICATION), 200)
    expect(await driver.post("/me/vehicles", VEHICLE), 201)
    expect(await driver.post("/me/driver-application/submission"), 200)
    await platform.settle()
    return driver


async def stored(platform: Platform, driver: CheckedClient) -> list[DriverCheck]:
    collection = platform.container.store.collection(DRIVER_CHECKS)
    return [check async for check in collection.scan({"driver_id": driver.user_id})]


async def call_due(platform: Platform, driver: CheckedClient) -> set[str]:
    """Call the provider about each check that is due; the states after that."""
    for check in await stored(platform, driver):
        await platform.fire_deadline("driverchecks", check.id)
    return {check.state for check in await stored(platform, driver)}


async def until(platform: Platform, driver: CheckedClient, *states: str, seconds: float = 0) -> None:
    """Call what is due until the checks have these states; each round *seconds* of city time pass."""
    async with asyncio.timeout(45):
        while await call_due(platform, driver) != set(states):
            platform.clock.advance(seconds)
            await asyncio.sleep(0.02)


async def orders(platform: Platform, driver: CheckedClient) -> list[dict[str, Any]]:
    """What the emulator has of this driver."""
    references = {check.id for check in await stored(platform, driver)}
    return [r for r in await platform.emulator.check_reports() if r["reference"] in references]


async def seen(platform: Platform, driver: CheckedClient) -> dict[str, tuple[str, str | None]]:
    operator = await platform.person("support")
    found = expect(await operator.get(f"/admin/drivers/{driver.user_id}"), 200)["checks"]
    return {check["kind"]: (check["outcome"], check["detail"]) for check in found}


async def test_from_the_submission_to_the_results(platform: Platform) -> None:
    driver = await submitted(platform, "Zoé Clear")
    pending = ("pending", None)
    assert await seen(platform, driver) == {"identity": pending, "background": pending}
    operator = await platform.person("admin")
    path = f"/admin/drivers/{driver.user_id}/approval"
    refused = await operator.post(path, {"reason": "Welcome"})
    assert (refused.status, refused.code) == (409, "checks_not_clear")
    assert [error["field"] for error in refused.body["errors"]] == ["checks.identity", "checks.background"]
    sentences = [f"{error['detail']}." for error in refused.body["errors"]]
    assert refused.body["detail"] == " ".join(sentences)

    assert await call_due(platform, driver) == {"ordered"}
    assert await seen(platform, driver) == {"identity": pending, "background": pending}
    own = expect(await driver.get("/me/driver-application"), 200)["checks"]
    assert own == [{"kind": "identity", "done": False}, {"kind": "background", "done": False}]
    await until(platform, driver, "clear")  # by webhooks: city time stands still
    clear = ("clear", None)
    assert await seen(platform, driver) == {"identity": clear, "background": clear}
    own = expect(await driver.get("/me/driver-application"), 200)["checks"]
    assert own == [{"kind": "identity", "done": True}, {"kind": "background", "done": True}]
    reports = await orders(platform, driver)
    assert sorted(report["kind"] for report in reports) == ["background", "identity"]
    user = await platform.container.auth.user(driver.user_id)
    assert {(report["name"], report["phone"]) for report in reports} == {("Zoé Clear", user.phone)}
    assert expect(await operator.post(path), 200)["state"] == "approved"


async def test_what_was_found_needs_a_reason_that_only_the_audit_log_has(platform: Platform) -> None:
    driver, operator = await submitted(platform, "Ada Consider"), await platform.person("admin")
    await until(platform, driver, "consider")
    found = await seen(platform, driver)
    assert found["background"][0] == "consider"
    assert "records" in (found["background"][1] or "")
    path = f"/admin/drivers/{driver.user_id}/approval"
    refused = await operator.post(path, {"reason": "Welcome"})
    assert (refused.status, refused.code) == (409, "checks_not_clear")
    body = {"reason": "Welcome", "override_reason": "An old parking fine"}
    assert expect(await operator.post(path, body), 200)["decision"]["reason"] == "Welcome"
    application = expect(await driver.get("/me/driver-application"), 200)
    assert "parking" not in json.dumps(application)
    assert "consider" not in json.dumps(application)
    await platform.settle()
    log = expect(await operator.get(f"/admin/audit-log?person={driver.user_id}&limit=50"), 200)["items"]
    [record] = [record for record in log if record["action"] == "drivers.approve"]
    assert record["reason"] == "Welcome / An old parking fine"
    assert record["after"]["unclear_checks"] == "identity: consider, background: consider"
    assert "drivers.read_documents" in [record["action"] for record in log]
    # Later statements of an approved driver are about papers alone.
    expect(await operator.post(path), 200)


@pytest.mark.parametrize("webhooks", ["once", "twice", "reversed", "never"])
async def test_webhooks_in_any_number_and_order_lead_to_one_result(platform: Platform, webhooks: str) -> None:
    await platform.emulator.set_check_behaviour(webhooks=webhooks)
    driver = await submitted(platform)
    assert await call_due(platform, driver) == {"ordered"}
    await until(platform, driver, "clear", seconds=60 if webhooks == "never" else 0)
    async with asyncio.timeout(45):
        expected = {"once": 2, "twice": 3, "reversed": 2, "never": 0}[webhooks]
        while [len(r["webhooks"].split()) for r in await orders(platform, driver)] != [expected] * 2:
            await asyncio.sleep(0.02)
    assert {r["webhooks"] for r in await orders(platform, driver)} == {" ".join(["204"] * expected)}
    assert {check.state for check in await stored(platform, driver)} == {"clear"}


@pytest.mark.parametrize(
    "misbehaviour",
    [
        {"fail_next": {"count": 3, "status": 500}},
        {"fail_next": {"count": 3, "status": 429}},
        {"fail_next": {"count": 3, "status": 401}},
        {"fail_next": {"count": 3, "status": 500}, "fail_after": True},
    ],
    ids=str,
)
async def test_a_provider_that_fails_delays_the_check_and_gets_one_order(
    platform: Platform, misbehaviour: dict[str, Any]
) -> None:
    await _delay_the_check(platform, misbehaviour)


@pytest.mark.parametrize("misbehaviour", [{"timeout_next": 1}, {"delay_ms": 2500}], ids=str)
async def test_a_provider_that_is_slow_delays_the_check_and_gets_one_order(
    hasty: Platform, misbehaviour: dict[str, Any]
) -> None:
    await _delay_the_check(hasty, misbehaviour)


async def _delay_the_check(platform: Platform, misbehaviour: dict[str, Any]) -> None:
    await platform.emulator.set_check_behaviour(**misbehaviour)
    driver = await submitted(platform)
    assert "pending" in await call_due(platform, driver)
    assert (await seen(platform, driver))["identity"] == ("pending", None)  # the review goes on
    before = platform.container.driver_checks.stats()
    assert before["unavailable_total"] > 0
    await platform.emulator.set_check_behaviour(delay_ms=0)
    await until(platform, driver, "clear", seconds=120)
    assert len(await orders(platform, driver)) == 2


async def test_an_order_is_repeated_as_it_was_although_the_name_has_changed(platform: Platform) -> None:
    await platform.emulator.set_check_behaviour(fail_next={"count": 2}, fail_after=True)
    driver = await submitted(platform, "Marie Tremblay")
    assert await call_due(platform, driver) == {"pending"}  # taken, and the answers were lost
    expect(await driver.patch("/me", {"name": "Marie Gagnon"}), 200)
    await until(platform, driver, "clear", seconds=120)
    assert [report["name"] for report in await orders(platform, driver)] == ["Marie Tremblay"] * 2
    assert {check.candidate for check in await stored(platform, driver)} == {None}


async def test_a_refused_check_has_failed_until_the_driver_submits_again(platform: Platform) -> None:
    await platform.emulator.set_check_behaviour(refuse_next=2)
    driver, operator = await submitted(platform), await platform.person("support")
    assert await call_due(platform, driver) == {"failed"}
    failed = ("failed", "This person cannot be checked")
    assert await seen(platform, driver) == {"identity": failed, "background": failed}
    path = f"/admin/drivers/{driver.user_id}"
    expect(await operator.post(f"{path}/review"), 200)
    await platform.settle()
    assert len(await stored(platform, driver)) == 2  # the operator sees what has failed
    body = {"reason": "Write your name as on the licence", "fields": ["licence_class"]}
    expect(await operator.post(f"{path}/rejection", body), 200)
    expect(await driver.post("/me/driver-application/submission"), 200)
    await platform.settle()
    assert (await seen(platform, driver))["identity"] == ("pending", None)
    await until(platform, driver, "failed", "clear")
    assert (await seen(platform, driver))["background"] == ("clear", None)


async def test_only_signed_webhooks_count_and_a_repeat_changes_nothing(platform: Platform) -> None:
    await platform.emulator.set_check_behaviour(webhooks="never", result_ms=300)
    driver, anybody = await submitted(platform), platform.anonymous()
    await call_due(platform, driver)
    [identity] = [check for check in await stored(platform, driver) if check.kind == "identity"]
    path, now = "/webhooks/checks/identity", int(time.time())

    def event(reference: str) -> bytes:
        return json.dumps({"type": "report.completed", "data": {"reference": reference}}).encode()

    body, secret = event(identity.id), IDENTITY.webhook_secret
    for header in (
        None,
        "",
        f"t={now},v1={'0' * 64}",
        signature(secret, body, now - 301),
        signature(secret, body + b" ", now),
        signature(BACKGROUND.webhook_secret, body, now),
    ):
        reply = await anybody.post(path, raw=body, headers={"check-signature": header} if header else {})
        assert (reply.status, reply.code) == (400, "signature_not_valid")
    assert (await anybody.post("/webhooks/checks/credit", raw=body)).status == 404
    for harmless in (event("chk_unknown"), b"[]", b"\xff", b"{}"):
        headers = {"check-signature": signature(secret, harmless, now)}
        assert (await anybody.post(path, raw=harmless, headers=headers)).status == 204
    [same] = [check for check in await stored(platform, driver) if check.kind == "identity"]
    assert same == identity

    signed = {"check-signature": signature(secret, body, now)}
    for _ in range(3):
        assert (await anybody.post(path, raw=body, headers=signed)).status == 204
    [hinted] = [check for check in await stored(platform, driver) if check.kind == "identity"]
    assert replace(hinted, version=identity.version) == replace(identity, due_at=platform.clock.city())
    await until(platform, driver, "clear", seconds=60)
    [before] = [check for check in await stored(platform, driver) if check.kind == "identity"]
    assert (await anybody.post(path, raw=body, headers=signed)).status == 204
    [done] = [check for check in await stored(platform, driver) if check.kind == "identity"]
    assert (done.state, done.due_at, done.version) == ("clear", None, before.version)


async def test_two_workers_at_once_order_once(platform: Platform) -> None:
    driver = await submitted(platform)
    checks = await stored(platform, driver)
    service = platform.container.driver_checks
    await asyncio.gather(*(service.on_check_due(check.id) for check in checks for _ in range(4)))
    await until(platform, driver, "clear")
    assert len(await orders(platform, driver)) == 2


async def test_what_is_known_of_a_person_is_exported_and_erased(platform: Platform) -> None:
    driver = await submitted(platform, "Ada Consider")
    await until(platform, driver, "consider")
    [data] = [d for d in platform.container.deletions.parts if d.part == "driver"]
    exported = (await data.export(driver.user_id))["checks"]
    assert {check.state for check in exported} == {"consider"}
    await data.forget(driver.user_id)
    assert await stored(platform, driver) == []
    await platform.container.driver_checks.on_check_due(exported[0].id)  # a deadline that was read before
