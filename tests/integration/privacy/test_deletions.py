"""Deleting an account: a grace period, what prevents it, and that nothing is left at its end."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from support.http.server import PASSWORD, Client
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import PICKUP, RescueFactory, expect
from supportcarr.bootstrap.collections import SPECS
from supportcarr.privacy.collections import DELETIONS
from supportcarr.privacy.model import Deletion

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86_400.0


async def deletion_of(platform: Platform, person_id: str) -> Deletion | None:
    return await platform.container.store.collection(DELETIONS).get(person_id)


async def signed_in_again(platform: Platform, person: Client) -> CheckedClient:
    assert person.grant is not None
    grant = await platform.container.auth.sign_in(person.grant.user.phone, PASSWORD)
    return CheckedClient(platform.api, platform.contract, person.address, grant)


async def erase(platform: Platform, person: Client) -> None:
    """Ask for the deletion, and let the grace period pass."""
    expect(await person.send("DELETE", "/me"), 202)
    await platform.settle()
    platform.clock.advance(14 * DAY)
    await platform.fire_deadline("deletions", person.user_id)


async def everything(platform: Platform) -> str:
    """Every stored document, as text."""
    await platform.settle()
    return "\n".join(
        [
            f"{spec.name} {msgspec.json.encode(document).decode()}"
            for spec in SPECS
            async for document in platform.container.store.collection(spec).scan()
        ]
    )


async def test_a_deletion_signs_out_and_can_be_cancelled(platform: Platform, factory: RescueFactory) -> None:
    rider, _ = await factory.rider()
    support = await platform.person("support")
    asked = expect(await rider.send("DELETE", "/me"), 202)
    await platform.settle()
    assert (await rider.get("/me")).status == 401
    back = await signed_in_again(platform, rider)
    assert expect(await back.get("/me/deletion"), 200) == asked
    path = f"/admin/deletions?person={rider.user_id}"
    [row] = expect(await support.get(path), 200)["items"]
    assert (row["state"], row["erase_at"]) == ("waiting", asked["erase_at"])
    assert (await rider.get(path)).status == 401
    user = expect(await support.get(f"/admin/users/{rider.user_id}"), 200)
    assert user["erase_at"] == asked["erase_at"]
    platform.clock.advance(1)
    expect(await back.send("DELETE", "/me/deletion"), 204)
    assert (await back.get("/me/deletion")).status == 404
    platform.clock.advance(15 * DAY)
    await platform.container.deletions.on_due(rider.user_id)
    await platform.settle()
    assert expect(await back.get("/me"), 200)["name"] == "Rika Roy"
    kinds = [n["kind"] for n in expect(await back.get("/me/notifications"), 200)["items"]]
    assert kinds[:2] == ["deletion_cancelled", "deletion_requested"]


@pytest.mark.parametrize(
    ("state", "obstacle"), [("matching", "live_rescue"), ("scheduled", "scheduled_rescue")]
)
async def test_a_rescue_that_is_not_over_prevents_it(
    factory: RescueFactory, state: Any, obstacle: str
) -> None:
    ride = await factory.in_state(state)
    refused = await ride.rider.send("DELETE", "/me")
    assert (refused.status, refused.code) == (409, "deletion_blocked")
    assert obstacle in [error["code"] for error in refused.body["errors"]]
    expect(await ride.rider.get("/me"), 200)


async def test_the_driver_of_a_live_rescue_and_operators_cannot_leave(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.en_route()
    assert (await ride.assigned_driver.send("DELETE", "/me")).code == "deletion_blocked"
    admin = await platform.person("admin")
    refused = await admin.send("DELETE", "/me")
    assert [error["code"] for error in refused.body["errors"]] == ["staff_account"]


async def test_an_erasure_is_postponed_while_something_is_open(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, card = await factory.rider()
    expect(await rider.send("DELETE", "/me"), 202)
    await platform.settle()
    back = await signed_in_again(platform, rider)
    platform.clock.advance(14 * DAY)
    await factory.request(back, card)
    await platform.fire_deadline("deletions", rider.user_id)
    deletion = await deletion_of(platform, rider.user_id)
    assert deletion is not None and deletion.state == "waiting"
    assert "live_rescue" in deletion.obstacles
    expect(await back.get("/me"), 200)


async def test_nothing_of_an_erased_rider_is_left_but_an_id(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.in_state("completed")
    rider = ride.rider
    expect(await rider.create(f"{ride.path}/messages", {"text": "Under the old oak"}), 201)
    admin = await platform.person("admin")
    expect(await admin.get(f"/admin{ride.path}"), 200)
    expect(await rider.post("/me/exports"), 201)
    await platform.settle()
    ledger = await platform.container.ledger.check()
    assert rider.grant is not None
    phone = rider.grant.user.phone
    assert phone in await everything(platform) and "Under the old oak" in await everything(platform)

    await erase(platform, rider)

    deletion = await deletion_of(platform, rider.user_id)
    assert deletion is not None and deletion.state == "erased"
    left = await everything(platform)
    for secret in (phone, "Under the old oak"):
        assert secret not in left
    of_rider = [line for line in left.splitlines() if rider.user_id in line]
    assert not any(name in line for line in of_rider for name in ("Rika Roy", str(PICKUP["address"])))
    latitude = re.compile(rf"(?<!\d:){PICKUP['lat']}")  # and not the seconds of a time
    exact = {line.partition(" ")[0] for line in of_rider if latitude.search(line)}
    assert exact <= {"jobs"}  # those of the last day of wall time, which stands still here
    kinds = {line.partition(" ")[0] for line in of_rider}
    assert kinds <= {
        "users",
        "datakeys",  # destroyed
        "offers",
        "ratings",  # ids only
        "rescuerequests",
        "opsrescues",
        "dispatchcases",
        "paymentrecords",
        "ledgertransactions",
        "auditlog",
        "deletions",
        "jobs",
    }
    assert await platform.container.ledger.check() == ledger
    view = expect(await ride.assigned_driver.get(ride.path), 200)
    assert view["rider"] == {"id": rider.user_id, "name": "Deleted account", "phone_masked": ""}
    log = expect(await admin.get(f"/admin/audit-log?person={rider.user_id}"), 200)["items"]
    assert [entry["action"] for entry in log] == ["rescues.read"]

    anew = await platform.anonymous().create(
        "/auth/sign-up", {"phone": phone, "password": PASSWORD, "name": "Rika Roy", "role": "rider"}
    )
    assert expect(anew, 201)["user"]["id"] != rider.user_id


async def test_nothing_of_an_erased_driver_is_left_but_an_id(
    platform: Platform, factory: RescueFactory
) -> None:
    ride = await factory.in_state("completed")
    driver = ride.assigned_driver
    await platform.container.tracking.flush_history()
    await erase(platform, driver)
    deletion = await deletion_of(platform, driver.user_id)
    assert deletion is not None and deletion.state == "erased"
    of_driver = [line for line in (await everything(platform)).splitlines() if driver.user_id in line]
    assert not any("Dominique" in line or "F12 3AB" in line for line in of_driver)
    kinds = {line.partition(" ")[0] for line in of_driver}
    assert not kinds & {"driverprofiles", "roster", "trails", "livejobs", "sessions", "notifications"}
    assert (await ride.rider.get(ride.path)).status == 200


async def test_an_erasure_that_is_killed_after_any_part_finishes_once(
    platform: Platform, factory: RescueFactory
) -> None:
    """Each consumer runs, dies before it is acknowledged, and runs again; in any order."""
    rider, _ = await factory.rider()
    expect(await rider.send("DELETE", "/me"), 202)
    await platform.settle()
    platform.clock.advance(14 * DAY)
    await platform.container.deletions.on_due(rider.user_id)
    parts = [part.part for part in platform.container.deletions.parts]
    for part in [*parts[::-1], *parts]:
        await platform.container.deletions.forget(part, rider.user_id)
    first = await deletion_of(platform, rider.user_id)
    await platform.settle()
    assert first is not None and first.state == "erased" and set(first.forgotten) == set(parts)
    assert await deletion_of(platform, rider.user_id) == first


async def test_every_part_that_holds_personal_data_has_a_consumer(platform: Platform) -> None:
    names = {consumer.name for consumer in platform.container.consumers()}
    assert {f"{part.part}.forget_person" for part in platform.container.deletions.parts} <= names


async def test_a_ban_does_not_stop_a_deletion_that_was_asked_for(
    platform: Platform, factory: RescueFactory
) -> None:
    """Whoever is banned has the right to be forgotten too; they can no longer change their mind."""
    rider, _ = await factory.rider()
    admin = await platform.person("admin")
    expect(await rider.send("DELETE", "/me"), 202)
    await platform.settle()
    path = f"/admin/users/{rider.user_id}"
    expect(await admin.post(f"{path}/ban", {"reason": "Threw things"}), 200)
    assert rider.grant is not None
    credentials = {"phone": rider.grant.user.phone, "password": PASSWORD}
    assert (await platform.anonymous().post("/auth/sign-in", credentials)).code == "account_banned"
    platform.clock.advance(14 * DAY)
    await platform.fire_deadline("deletions", rider.user_id)
    await platform.settle()
    deletion = await deletion_of(platform, rider.user_id)
    assert deletion is not None and deletion.state == "erased"
    entries = expect(await admin.get(f"/admin/audit-log?person={rider.user_id}"), 200)["items"]
    assert "users.ban" in [entry["action"] for entry in entries], "that there was a ban stays known"
