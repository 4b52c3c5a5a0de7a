"""Operators are told when something of a driver begins to wait for them, and can count what waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from support.files.uploads import JPEG, uploaded
from support.platform.in_process import CheckedClient, Platform, running_platform
from support.rescues.fixtures import APPLICATION, VEHICLE, expect
from supportcarr.contracts.events import DriverAttentionNeeded, DriverCheckEnded
from supportcarr.drivers.collections import DRIVER_CHECKS, PROFILES

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAITING = "/admin/driver-applications/waiting"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform with providers of checks, which tell of a result only when they are asked."""
    async with running_platform(tmp_path_factory.mktemp("attention"), checks=True) as running:
        await running.emulator.set_check_behaviour(result_ms=50, webhooks="never")
        yield running


@pytest.fixture
def told(platform: Platform) -> list[tuple[str, str, str]]:
    """Driver, area and reason of each event."""
    heard: list[tuple[str, str, str]] = []

    def hear(_collection: str, _id: str, events: Any) -> None:
        heard.extend(
            (e.event.driver_id, e.event.area_id, e.event.reason)
            for e in events
            if isinstance(e.event, DriverAttentionNeeded)
        )

    platform.container.store.subscribe(hear)
    return heard


async def submitted(platform: Platform, name: str) -> CheckedClient:
    driver = await platform.person("driver", name=name)
    expect(await driver.put("/me/driver-application", APPLICATION), 200)
    expect(await driver.post("/me/vehicles", VEHICLE), 201)
    expect(await driver.post("/me/driver-application/submission"), 200)
    await platform.settle()
    return driver


async def end_checks(platform: Platform, driver: CheckedClient) -> None:
    """Ask the providers until they have said all they will."""
    collection = platform.container.store.collection(DRIVER_CHECKS)
    async with asyncio.timeout(45):
        while True:
            checks = [check async for check in collection.scan({"driver_id": driver.user_id})]
            if checks and all(check.is_final for check in checks):
                break
            for check in checks:
                await platform.fire_deadline("driverchecks", check.id)
            platform.clock.advance(60)
            await asyncio.sleep(0.02)
    await platform.settle()


async def attention(operator: CheckedClient, driver: CheckedClient) -> list[str]:
    found = expect(await operator.get(f"/admin/drivers/{driver.user_id}"), 200)
    assert (found["waiting_since"] is None) == (not found["attention"])
    return list(found["attention"])


async def test_an_application_is_counted_and_told_until_it_is_decided(
    platform: Platform, told: list[tuple[str, str, str]]
) -> None:
    operator = await platform.person("support")
    before = expect(await operator.get(WAITING), 200)["drivers"]
    driver = await submitted(platform, "Zoé Clear")
    assert (driver.user_id, "montreal", "application") in told
    waiting = expect(await operator.get(WAITING), 200)
    assert waiting["drivers"] == before + 1
    first = expect(await operator.get("/admin/driver-applications?limit=1"), 200)["items"][0]
    assert datetime.fromisoformat(waiting["since"]) == datetime.fromisoformat(first["waiting_since"])
    assert await attention(operator, driver) == ["application"]
    await end_checks(platform, driver)
    expect(await operator.post(f"/admin/drivers/{driver.user_id}/approval"), 200)
    assert expect(await operator.get(WAITING), 200)["drivers"] == before
    assert await attention(operator, driver) == []
    assert [reason for who, _, reason in told if who == driver.user_id] == ["application"]


async def test_a_check_that_ends_unclear_after_the_approval_waits_for_an_operator(
    platform: Platform, told: list[tuple[str, str, str]]
) -> None:
    driver, operator = await submitted(platform, "Ada Consider"), await platform.person("support")
    path = f"/admin/drivers/{driver.user_id}"
    expect(await operator.post(f"{path}/approval", {"override_reason": "We know her"}), 200)
    assert await attention(operator, driver) == []
    await end_checks(platform, driver)
    assert await attention(operator, driver) == ["check"]
    assert [r for who, _, r in told if who == driver.user_id] == ["application", "check"]
    listed = expect(await operator.get("/admin/driver-applications?limit=200"), 200)["items"]
    assert driver.user_id in [entry["id"] for entry in listed]

    refused = await operator.post(f"{path}/approval")
    assert (refused.status, refused.code) == (409, "checks_not_clear")
    await platform.settle()
    own = (await driver.get("/me/notifications")).body["items"]
    expect(await operator.post(f"{path}/approval", {"override_reason": "An old fine"}), 200)
    await platform.settle()
    assert await attention(operator, driver) == []
    assert (await driver.get("/me/notifications")).body["items"] == own  # nothing changes for the driver
    log = expect(
        await (await platform.person("admin")).get(f"/admin/audit-log?person={driver.user_id}&limit=50"), 200
    )
    assert "An old fine" in [record.get("reason") for record in log["items"]]


async def test_a_rejection_after_an_unclear_check_ends_the_wait(platform: Platform) -> None:
    driver, operator = await submitted(platform, "Ada Consider"), await platform.person("support")
    await end_checks(platform, driver)
    assert await attention(operator, driver) == ["application", "check"]
    expect(await operator.post(f"/admin/drivers/{driver.user_id}/rejection", {"reason": "The record"}), 200)
    assert await attention(operator, driver) == []


async def test_the_end_of_a_suspension_brings_up_a_check(
    platform: Platform, told: list[tuple[str, str, str]]
) -> None:
    driver, operator = await submitted(platform, "Ada Consider"), await platform.person("support")
    path = f"/admin/drivers/{driver.user_id}"
    expect(await operator.post(f"{path}/approval", {"override_reason": "We know her"}), 200)
    expect(await operator.post(f"{path}/suspension", {"reason": "Complaints"}), 200)
    await end_checks(platform, driver)
    assert await attention(operator, driver) == []
    expect(await operator.send("DELETE", f"{path}/suspension", {"reason": "Unfounded"}), 200)
    assert await attention(operator, driver) == ["check"]
    assert [r for who, _, r in told if who == driver.user_id] == ["application", "check"]


async def test_an_event_that_is_repeated_after_the_decision_changes_nothing(platform: Platform) -> None:
    driver, operator = await submitted(platform, "Ada Consider"), await platform.person("support")
    await end_checks(platform, driver)
    path = f"/admin/drivers/{driver.user_id}"
    expect(await operator.post(f"{path}/approval", {"override_reason": "An old fine"}), 200)
    service = platform.container.drivers
    for check in [
        check
        async for check in platform.container.store.collection(DRIVER_CHECKS).scan(
            {"driver_id": driver.user_id}
        )
    ]:
        await service.note_unclear_check(driver.user_id, check.id)
    assert await attention(operator, driver) == []
    await service.note_unclear_check("usr_01jdc0000000000000000000zz", "chk_unknown")  # erased meanwhile


async def test_clear_checks_wait_for_nobody(platform: Platform, told: list[tuple[str, str, str]]) -> None:
    driver, operator = await submitted(platform, "Zoé Clear"), await platform.person("support")
    ended: list[str] = []
    platform.container.store.subscribe(
        lambda _c, _i, events: ended.extend(
            e.event.driver_id for e in events if isinstance(e.event, DriverCheckEnded)
        )
    )
    await end_checks(platform, driver)
    assert ended.count(driver.user_id) == 2
    assert await attention(operator, driver) == ["application"]
    assert [reason for who, _, reason in told if who == driver.user_id] == ["application"]


async def test_papers_of_an_approved_driver_wait_again(
    platform: Platform, told: list[tuple[str, str, str]]
) -> None:
    driver, operator = await submitted(platform, "Zoé Clear"), await platform.person("support")
    await end_checks(platform, driver)
    expect(await operator.post(f"/admin/drivers/{driver.user_id}/approval"), 200)
    expect(await driver.put("/me/driver-application", APPLICATION | {"insurer": "Another one"}), 200)
    assert await attention(operator, driver) == ["papers"]
    assert [r for who, _, r in told if who == driver.user_id] == ["application", "papers"]


async def test_what_a_suspended_driver_states_or_uploads_waits_until_the_suspension_ends(
    platform: Platform, told: list[tuple[str, str, str]]
) -> None:
    driver, operator = await submitted(platform, "Zoé Clear"), await platform.person("support")
    await end_checks(platform, driver)
    path = f"/admin/drivers/{driver.user_id}"
    expect(await operator.post(f"{path}/approval"), 200)
    expect(await driver.put("/me/driver-application", APPLICATION | {"insurer": "Another one"}), 200)
    before = expect(await operator.get(WAITING), 200)["drivers"]
    expect(await operator.post(f"{path}/suspension", {"reason": "Complaints"}), 200)
    assert expect(await operator.get(WAITING), 200)["drivers"] == before - 1
    expect(await driver.put("/me/driver-application", APPLICATION | {"insurer": "A third one"}), 200)
    file = await uploaded(platform, driver, "driver_document", JPEG)
    body = {"file_ids": [file["id"]], "expires_on": "2099-01-31"}
    document = expect(await driver.put("/me/driver-documents/licence", body), 200)["id"]
    await platform.settle()
    assert await attention(operator, driver) == []
    assert expect(await operator.get(WAITING), 200)["drivers"] == before - 1
    queue = expect(await operator.get("/admin/driver-applications?limit=200"), 200)["items"]
    assert driver.user_id not in [entry["id"] for entry in queue]

    # it can be seen, with the reason, and reviewed
    query = "/admin/driver-applications?state=suspended&limit=200"
    [entry] = [e for e in expect(await operator.get(query), 200)["items"] if e["id"] == driver.user_id]
    assert (entry["decision"]["state"], entry["decision"]["reason"]) == ("suspended", "Complaints")
    assert (entry["documents"]["insurer"], entry["review"]["insurer"]) == ("Promutuel", "A third one")
    assert [d["id"] for d in entry["uploaded_documents"]] == [document]
    expect(await operator.post(f"/admin/documents/{document}/review", {"decision": "approve"}), 200)

    ended = expect(await operator.send("DELETE", f"{path}/suspension", {"reason": "Unfounded"}), 200)
    assert (ended["application_state"], ended["attention"]) == ("approved", ["papers"])
    assert ended["documents"]["insurer"] == "Promutuel", "no operator has approved what was stated since"
    assert expect(await operator.get(WAITING), 200)["drivers"] == before
    assert [r for who, _, r in told if who == driver.user_id] == ["application", "papers", "papers"]
    approved = expect(await operator.post(f"{path}/approval"), 200)
    assert (approved["documents"]["insurer"], approved["attention"]) == ("A third one", [])


async def test_a_suspended_driver_whom_an_older_version_stored_as_waiting_is_counted_no_longer(
    platform: Platform,
) -> None:
    driver, operator = await submitted(platform, "Zoé Clear"), await platform.person("support")
    path = f"/admin/drivers/{driver.user_id}"
    expect(await operator.post(f"{path}/approval", {"override_reason": "We know her"}), 200)
    expect(await operator.post(f"{path}/suspension", {"reason": "Complaints"}), 200)
    before = expect(await operator.get(WAITING), 200)["drivers"]
    profiles = platform.container.store.collection(PROFILES)
    stored = await profiles.get(driver.user_id)
    assert stored is not None
    await profiles.save(replace(stored, review=stored.application, review_since=platform.clock.city()))
    await platform.container.drivers.date_papers()
    assert expect(await operator.get(WAITING), 200)["drivers"] == before
    assert await attention(operator, driver) == []


async def test_only_operators_count(platform: Platform) -> None:
    for role in ("rider", "driver"):
        assert (await (await platform.person(role)).get(WAITING)).status == 403


async def test_a_setting_withholds_the_events_that_the_release_before_does_not_know(tmp_path: Path) -> None:
    written: list[str] = []
    async with running_platform(tmp_path, checks=True, DRIVERS_ATTENTION_EVENTS="false") as quiet:
        await quiet.emulator.set_check_behaviour(result_ms=50, webhooks="never")
        quiet.container.store.subscribe(
            lambda _c, _i, events: written.extend(type(e.event).__name__ for e in events)
        )
        driver = await submitted(quiet, "Calm Consider")
        await end_checks(quiet, driver)
        await quiet.settle()
    assert "DriverApplicationMoved" in written
    assert not {"DriverAttentionNeeded", "DriverCheckEnded"} & set(written)
