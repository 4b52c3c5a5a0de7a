"""What operators do is in the audit log: who, what, whose, before and after, from where, why."""

from __future__ import annotations

import pytest

from support.http.server import PASSWORD
from support.platform.in_process import Platform
from support.rescues.fixtures import RescueFactory, expect
from supportcarr.audit.collections import RECORDS
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.events import OperatorActed
from supportcarr.pricing.collections import TARIFFS
from supportcarr.pricing.model import Tariff

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_cancellation_says_what_changed_who_did_it_and_from_where(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.assigned()
    support, admin = await platform.person("support"), await platform.person("admin")
    expect(await support.post(f"/admin{ride.path}/cancellation", {"reason": "called us"}), 200)
    expect(await support.post(f"/admin{ride.path}/cancellation", {"reason": "called us"}), 200)  # a repeat
    await platform.settle()
    [entry] = expect(await admin.get(f"/admin/audit-log?subject={ride.rescue_id}"), 200)["items"]
    assert entry["action"] == "rescues.cancel"
    assert entry["actor"] == {"role": "support", "id": support.user_id}
    assert entry["person_id"] == ride.rider.user_id
    assert (entry["before"]["status"], entry["after"]["status"]) == ("assigned", "cancelled")
    assert (entry["reason"], entry["address"]) == ("called us", support.address)
    assert entry["session_id"] == support.grant.session_id  # type: ignore[union-attr]
    assert entry["request_id"]
    record = await platform.container.store.collection(RECORDS).get(entry["id"])
    assert record is not None
    assert "called us" not in str(record) and support.address not in str(record)


async def test_filters_and_pages(platform: Platform, factory: RescueFactory) -> None:
    admin = await platform.person("admin")
    driver = await platform.person("driver")
    platform.clock.advance(1)
    before = platform.clock.city().isoformat().replace("+", "%2B")
    for decision in ("approval", "suspension", "approval"):
        expect(await admin.post(f"/admin/drivers/{driver.user_id}/{decision}"), 200)
        platform.clock.advance(1)
    await platform.settle()

    async def actions(query: str) -> list[str]:
        found = expect(await admin.get(f"/admin/audit-log?{query}"), 200)
        return [entry["action"] for entry in found["items"]]

    approve, suspend = "drivers.approve", "drivers.suspend"
    assert await actions(f"person={driver.user_id}") == [approve, suspend, approve]
    assert await actions(f"subject={driver.user_id}&action={suspend}") == [suspend]
    assert await actions(f"actor={admin.user_id}&until={before}") == ["auth.sign_in"]
    assert await actions(f"actor={admin.user_id}&since={before}") == [approve, suspend, approve]
    page = expect(await admin.get(f"/admin/audit-log?person={driver.user_id}&limit=2"), 200)
    assert len(page["items"]) == 2
    cursor = page["next_cursor"]
    assert await actions(f"person={driver.user_id}&limit=2&cursor={cursor}") == [approve]
    assert (await admin.get("/admin/audit-log?since=yesterday")).status == 422


async def test_only_admins_read_it(platform: Platform) -> None:
    for role in ("rider", "driver", "support"):
        assert (await (await platform.person(role)).get("/admin/audit-log")).status == 403


async def test_reading_a_rescue_or_its_chat_is_recorded_once_an_hour(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.assigned()
    support, admin = await platform.person("support"), await platform.person("admin")
    for _ in range(2):
        expect(await support.get(f"/admin{ride.path}"), 200)
        expect(await support.get(f"{ride.path}/messages"), 200)
    expect(await ride.rider.get(f"{ride.path}/messages"), 200)
    log = expect(await admin.get(f"/admin/audit-log?subject={ride.rescue_id}"), 200)["items"]
    assert sorted(entry["action"] for entry in log) == ["rescues.read", "rescues.read_messages"]


async def test_a_rescue_that_the_people_in_it_change_is_not_audited(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.in_state("completed")
    admin = await platform.person("admin")
    assert expect(await admin.get(f"/admin/audit-log?subject={ride.rescue_id}"), 200)["items"] == []


async def test_an_operators_sign_in_is_recorded_and_a_riders_is_not(platform: Platform) -> None:
    rider, support, admin = [await platform.person(role) for role in ("rider", "support", "admin")]
    assert support.grant is not None
    platform.clock.advance(1)
    signed_in = await support.post("/auth/sign-in", {"phone": support.grant.user.phone, "password": PASSWORD})
    expect(signed_in, 200)
    await platform.settle()
    log = expect(await admin.get(f"/admin/audit-log?action=auth.sign_in&actor={support.user_id}"), 200)
    newest = log["items"][0]
    assert newest["address"] == support.address
    assert (newest["subject"], newest["after"]["roles"]) == (newest["session_id"], ["support"])
    assert expect(await admin.get(f"/admin/audit-log?person={rider.user_id}"), 200)["items"] == []


async def test_an_action_that_concerns_no_person_keeps_its_details(platform: Platform) -> None:
    admin = await platform.person("admin")
    acted = OperatorActed(
        action="tariffs.change", subject="trf_test", after={"base_minor": 1200}, reason="winter"
    )
    tariff = Tariff(
        id="trf_test", currency="CAD", base_minor=1200, per_km_minor=1, per_minute_minor=1, minimum_minor=1
    )
    pending = PendingEvents((acted,), Actor("admin", admin.user_id), platform.clock.city())
    await platform.container.store.collection(TARIFFS).insert(tariff, pending)
    await platform.settle()
    [entry] = expect(await admin.get("/admin/audit-log?subject=trf_test"), 200)["items"]
    assert (entry["after"], entry["reason"]) == ({"base_minor": 1200}, "winter")
    assert "person_id" not in entry
