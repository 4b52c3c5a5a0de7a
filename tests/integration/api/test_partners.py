"""Partners' API keys: made by admins, shown once, found by prefix, scoped, rotated and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import expect
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.kit.runtime.clock import Clock
from supportcarr.partners.collections import API_KEYS
from supportcarr.partners.key_verifier import PartnerKeys

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def partner(platform: Platform) -> tuple[CheckedClient, str]:
    """An admin, and the path of a new partner's keys."""
    admin = await platform.person("admin")
    created = expect(await admin.create("/admin/partners", {"name": "BIXI"}), 201)
    return admin, f"/admin/partners/{created['id']}/keys"


async def new_key(admin: CheckedClient, path: str, **given: Any) -> dict[str, Any]:
    body = {"mode": "test", "scopes": ["account:read"]} | given
    created: dict[str, Any] = expect(await admin.create(path, body), 201)
    return created


def using(platform: Platform, key: str) -> CheckedClient:
    client = platform.anonymous()
    client.token = key
    return client


async def test_a_key_says_whose_it_is_and_is_shown_once(platform: Platform) -> None:
    admin, path = await partner(platform)
    body = {"mode": "live", "scopes": ["rescues:read", "account:read"]}
    created = expect(await admin.post(path, body, key="k-1"), 201)
    again = expect(await admin.post(path, body, key="k-1"), 201)
    assert created["key"].startswith("sc_live_")
    assert (again["key"], again["details"]["id"]) == (None, created["details"]["id"])
    me = expect(await using(platform, created["key"]).get("/partner/me"), 200)
    assert me["partner"]["name"] == "BIXI"
    assert me["key"]["scopes"] == ["account:read", "rescues:read"]
    [listed] = expect(await admin.get(path), 200)["items"]
    assert created["key"].startswith(listed["prefix"])
    assert created["key"] not in str(listed)
    assert listed["last_used_at"] is not None
    stored = await platform.container.store.collection(API_KEYS).get(created["details"]["id"])
    assert created["key"].removeprefix(listed["prefix"]) not in repr(stored)


async def test_keys_that_are_not_exactly_ours_are_refused(platform: Platform) -> None:
    admin, path = await partner(platform)
    key = (await new_key(admin, path))["key"]
    other = "a" if key[-1] != "a" else "b"
    for wrong in (key[:-1] + other, key[:-1], key + "a", key.replace("test", "live"), "sc_test_", "sc_"):
        reply = await using(platform, wrong).get("/partner/me")
        assert (reply.status, reply.code) == (401, "unauthenticated"), wrong


async def test_a_revoked_key_is_refused_within_a_second_in_every_process(platform: Platform) -> None:
    admin, path = await partner(platform)
    created = await new_key(admin, path)
    key, now = created["key"].encode(), 1_000.0
    other_process = PartnerKeys(
        platform.container.store,
        platform.container.clock,
        platform.container.settings.auth.lookup_secret,
        monotonic=lambda: now,
    )
    await other_process.look_up(key)
    other_process.known(key)
    expect(await admin.delete(f"{path}/{created['details']['id']}"), 204)
    now += 1.0
    with pytest.raises(Exception, match="not valid"):
        other_process.known(key)
    with pytest.raises(Exception, match="revoked"):
        await other_process.look_up(key)
    assert (await using(platform, created["key"]).get("/partner/me")).status == 401
    expect(await admin.delete(f"{path}/{created['details']['id']}"), 204)  # idempotent
    await other_process.close()


async def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_ends(platform: Platform) -> None:
    admin, path = await partner(platform)
    old = await new_key(admin, path)
    one = f"{path}/{old['details']['id']}"
    new = expect(await admin.post(f"{one}/rotation", {"overlap_seconds": 60}), 200)
    for key in (old["key"], new["key"]):
        assert (await using(platform, key).get("/partner/me")).status == 200
    details = expect(await using(platform, old["key"]).get("/partner/me"), 200)["key"]
    assert details["rotated_to"] == new["details"]["id"]
    again = await admin.post(f"{one}/rotation", {"overlap_seconds": 60})
    assert (again.status, again.code) == (409, "key_not_usable")
    assert len(expect(await admin.get(path), 200)["items"]) == 2  # the second rotation left none
    at_once = expect(await admin.post(f"{path}/{new['details']['id']}/rotation", {"overlap_seconds": 0}), 200)
    assert (await using(platform, at_once["key"]).get("/partner/me")).status == 200


async def test_an_expired_key_is_refused(platform: Platform) -> None:
    admin, path = await partner(platform)
    now = platform.container.clock.wall()
    past = await admin.create(
        path, {"mode": "test", "scopes": ["account:read"], "expires_at": (now - timedelta(1)).isoformat()}
    )
    assert (past.status, past.body["errors"][0]["field"]) == (422, "expires_at")
    ends = now + timedelta(hours=1)
    created = await new_key(admin, path, expires_at=ends.isoformat())
    expect(await using(platform, created["key"]).get("/partner/me"), 200)
    at = ends.timestamp() - 1
    later = PartnerKeys(
        platform.container.store,
        Clock(wall=lambda: at),
        platform.container.settings.auth.lookup_secret,
    )
    await later.look_up(created["key"].encode())
    at += 1
    with pytest.raises(Unauthenticated, match="expired"):
        await later.look_up(created["key"].encode())


async def test_only_admins_after_a_step_up_make_keys(platform: Platform) -> None:
    _, path = await partner(platform)
    support = await platform.person("support")
    refused = await support.create(path, {"mode": "test", "scopes": ["account:read"]})
    assert (refused.status, refused.code) == (403, "forbidden")
