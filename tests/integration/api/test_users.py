"""Operators find accounts, change roles and ban people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.http.server import PASSWORD
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import RescueFactory, expect
from supportcarr.auth.collections import STAFF
from supportcarr.auth.staff import STAFF_ID

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASON = {"reason": "Told us so"}


async def test_an_account_is_found_by_its_whole_number_and_by_id(platform: Platform) -> None:
    support, rider = await platform.person("support"), await platform.person("rider", name="Rika Roy")
    assert rider.grant is not None
    phone = rider.grant.user.phone
    spaced = f"{phone[:2]} {phone[2:5]} {phone[5:]}".replace("+", "%2B").replace(" ", "%20")
    for text in (spaced, rider.user_id):
        [found] = expect(await support.get(f"/admin/users?q={text}"), 200)["items"]
        assert (found["id"], found["name"], found["roles"]) == (rider.user_id, "Rika Roy", ["rider"])
        assert phone not in str(found)
    assert expect(await support.get("/admin/users?q=%2B15145559999"), 200)["items"] == []
    wrong = await support.get("/admin/users?q=514")
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "q")
    operators = expect(await support.get("/admin/users"), 200)["items"]
    assert support.user_id in [user["id"] for user in operators]
    assert rider.user_id not in [user["id"] for user in operators]


async def test_an_account_is_found_by_words_of_its_name(platform: Platform) -> None:
    support, rider = await platform.person("support"), await platform.person("rider", name="Zoé Quillfeather")
    await platform.person("rider", name="Ada Quillon")
    await platform.settle()

    async def found(text: str) -> list[str]:
        items = expect(await support.get(f"/admin/users?q={text}"), 200)["items"]
        return [user["name"] for user in items]

    for text in ("quillfeather", "Quillf%20zoe", "ZO%C3%89%20quillfeather"):
        assert await found(text) == ["Zoé Quillfeather"], text
    assert await found("quil") == ["Ada Quillon", "Zoé Quillfeather"]
    assert await found("qui%20max") == []
    expect(await rider.patch("/me", {"name": "Zoé Harrow"}), 200)
    await platform.settle()
    assert (await found("quillfeather"), await found("harrow")) == ([], ["Zoé Harrow"])


async def test_a_new_role_holds_at_once_and_the_old_tokens_do_not(platform: Platform) -> None:
    admin, rider = await platform.person("admin"), await platform.person("rider")
    path = f"/admin/users/{rider.user_id}/roles"
    body = {"roles": ["rider", "support"], **REASON}
    changed = expect(await admin.put(path, body), 200)
    assert changed["roles"] == ["rider", "support"]
    assert (await rider.get("/me")).status == 401
    assert rider.grant is not None
    fresh = await platform.anonymous().post("/auth/refresh", {"refresh_token": rider.grant.refresh_token})
    rider.token = expect(fresh, 200)["access_token"]
    assert (await rider.get("/admin/overview")).code == "totp_required"
    acted = await audited(platform, admin, rider.user_id, "users.change_roles")
    assert acted[0]["after"] == {"roles": ["rider", "support"]}
    assert acted[0]["reason"] == REASON["reason"]


async def audited(platform: Platform, admin: CheckedClient, person: str, action: str) -> list[dict[str, Any]]:
    await platform.settle()
    reply = await admin.get(f"/admin/audit-log?person={person}")
    return [entry for entry in expect(reply, 200)["items"] if entry["action"] == action]


async def test_nobody_changes_their_own_roles_and_the_last_admin_stays(platform: Platform) -> None:
    first, second = await platform.person("admin"), await platform.person("admin")
    own = await first.put(f"/admin/users/{first.user_id}/roles", {"roles": [], **REASON})
    assert (own.status, own.code) == (409, "own_roles")
    staff = await platform.container.store.collection(STAFF).get(STAFF_ID)
    assert staff is not None
    for other in set(staff.admins) - {first.user_id, second.user_id}:
        expect(await first.put(f"/admin/users/{other}/roles", {"roles": ["support"], **REASON}), 200)
    replies = await asyncio.gather(
        first.put(f"/admin/users/{second.user_id}/roles", {"roles": ["support"], **REASON}),
        second.put(f"/admin/users/{first.user_id}/roles", {"roles": ["support"], **REASON}),
    )
    assert 200 in [reply.status for reply in replies]
    assert {reply.code for reply in replies if reply.status != 200} <= {
        "last_admin",
        "unauthenticated",
        "forbidden",
        "conflict",
    }
    staff = await platform.container.store.collection(STAFF).get(STAFF_ID)
    assert staff is not None
    assert len(staff.admins) == 1
    remaining = await platform.container.auth.user(staff.admins[0])
    assert "admin" in remaining.roles


async def test_a_ban_signs_out_and_takes_a_driver_offline(platform: Platform, factory: RescueFactory) -> None:
    support, driver = await platform.person("support"), await factory.driver()
    assert driver.grant is not None
    view = expect(await support.post(f"/admin/users/{driver.user_id}/ban", REASON), 200)
    assert view["banned_at"] is not None
    assert (await driver.get("/me")).status == 401
    credentials = {"phone": driver.grant.user.phone, "password": PASSWORD}
    refused = await platform.anonymous().post("/auth/sign-in", credentials)
    assert (refused.status, refused.code) == (403, "account_banned")
    await platform.settle()
    assert not (await platform.container.drivers.profile(driver.user_id)).online
    expect(await support.delete(f"/admin/users/{driver.user_id}/ban"), 200)
    assert (await platform.anonymous().post("/auth/sign-in", credentials)).status == 200


async def test_operators_cannot_be_banned_and_support_gives_no_roles(platform: Platform) -> None:
    support, other = await platform.person("support"), await platform.person("support")
    refused = await support.post(f"/admin/users/{other.user_id}/ban", REASON)
    assert (refused.status, refused.code) == (409, "operator_not_banned")
    assert (await support.put(f"/admin/users/{other.user_id}/roles", {"roles": [], **REASON})).status == 403
