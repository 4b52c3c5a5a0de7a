"""Scenarios of the audit log and of privacy: an operator's action, a copy of one's data, an erasure."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from support.crash.deployment import Person
from support.crash.life import PASSWORD, assigned, ok, sign_up
from support.crash.scenario import (
    Findings,
    Scenario,
    advance,
    find_all,
    no_preparation,
    periodic_task,
    problems,
    run_deadlines,
    run_jobs,
    run_relay,
)
from support.crash.world import ApiResponse, World
from support.http.staff import proved
from supportcarr.audit.collections import RECORDS
from supportcarr.audit.signatures import HeadSigner
from supportcarr.audit.verification import verify_chain
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.drivers.collections import PROFILES
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.notifications.model import Notification
from supportcarr.privacy.collections import CHUNKS, DELETIONS, EXPORTS
from supportcarr.tracking.collections import LOCATION_HISTORY
from supportcarr.tracking.model import HistoryPoint, HistorySegment

GRACE_S = 14 * 86_400.0
LEAVER = "0120"  # the end of the number of somebody who leaves
AGES_S = 1_200 * 86_400.0  # longer than anything is kept


def _saved(world: World, name: str) -> Person:
    user_id, access, refresh = world.saved_value(name).split(" ")
    return Person(id=user_id, access_token=access, refresh_token=refresh)


def _save(world: World, name: str, person: Person) -> None:
    world.save_value(name, f"{person.id} {person.access_token} {person.refresh_token}")


# --- the audit log -----------------------------------------------------------------------------------


async def _assigned_and_an_operator(world: World) -> None:
    await assigned(world)
    auth = world.container.auth
    await auth.ensure_account("+15145550121", PASSWORD, "Olga Ops", ["support"])
    await world.relay()
    granted = await auth.sign_in("+15145550121", PASSWORD)
    granted = await proved(granted, world.store, world.container.tokens, world.clock)
    await world.relay()
    await world.run_periodic_task("audit.extend_chain")
    _save(
        world,
        "operator",
        Person(id=granted.user.id, access_token=granted.access_token, refresh_token=granted.refresh_token),
    )


async def _cancel_as_operator(world: World) -> ApiResponse:
    rescue = await world.rescue()
    body = {"reason": "called_us"}
    operator = _saved(world, "operator")
    return await world.request(operator, "POST", f"/admin/rescues/{rescue.id}/cancellation", body)


async def _one_record_in_the_chain(world: World) -> Findings:
    await world.run_periodic_task("audit.extend_chain")
    rescue = await world.rescue()
    records = await find_all(world, RECORDS, action="rescues.cancel", subject=rescue.id)
    found = await verify_chain(world.store, HeadSigner(world.container.settings.audit.secret), [])
    return problems(
        (len(records) == 1, f"{len(records)} records of one cancellation"),
        (all(record.place for record in records), "the record is not in the chain"),
        (found.waiting == 0, f"{found.waiting} records wait for the chain"),
        (not found.problems, f"the chain is broken: {found.problems}"),
    )


# --- privacy -----------------------------------------------------------------------------------------


async def _ask_for_a_copy(world: World) -> ApiResponse:
    return await world.request(world.people.rider, "POST", "/me/exports", key="export-1")


async def _one_copy(world: World) -> Findings:
    async def is_ready() -> bool:
        return bool(await find_all(world, EXPORTS, person_id=world.people.rider.id, state="ready"))

    await world.until(is_ready, 60)
    exports = await find_all(world, EXPORTS, person_id=world.people.rider.id)
    told = await find_all(world, NOTIFICATIONS, user_id=world.people.rider.id, kind="export_ready")
    ready = [export for export in exports if export.state == "ready"]
    names: list[str] = []
    if ready:
        data = await world.container.exports.archive(world.people.rider.id, ready[0].id)
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    return problems(
        (len(exports) == 1 and len(ready) == 1, f"{len(ready)} of {len(exports)} exports are ready"),
        ("account/account.json" in names, f"the ZIP has {names}"),
        (len(told) == 1, f"{len(told)} notifications"),
    )


async def _somebody_signs_up(world: World) -> None:
    _save(world, "leaver", await sign_up(world, LEAVER, "driver"))
    await world.relay()


async def _an_online_driver_leaves(world: World) -> None:
    _save(world, "leaver", world.people.far)


async def _ask_for_deletion(world: World) -> ApiResponse:
    return await world.request(_saved(world, "leaver"), "DELETE", "/me")


async def _waits_and_is_signed_out(world: World) -> Findings:
    leaver = _saved(world, "leaver")
    deletions = await find_all(world, DELETIONS, id=leaver.id)
    sessions = await find_all(world, SESSIONS, user_id=leaver.id)
    [profile] = await find_all(world, PROFILES, id=leaver.id)
    return problems(
        (not profile.online, "the driver is online"),
        ([d.state for d in deletions] == ["waiting"], f"the deletions are {deletions}"),
        (all(session.ended_at is not None for session in sessions), "a session goes on"),
    )


async def _grace_is_over(world: World) -> None:
    await _somebody_signs_up(world)
    ok(await _ask_for_deletion(world))
    await world.relay()
    await advance(GRACE_S + 1)(world)


async def _erased(world: World) -> Findings:
    leaver = _saved(world, "leaver")

    async def is_erased() -> bool:
        return bool(await find_all(world, DELETIONS, id=leaver.id, state="erased"))

    await world.until(is_erased, 60)
    [deletion] = await find_all(world, DELETIONS, id=leaver.id)
    [user] = await find_all(world, USERS, id=leaver.id)
    parts = {part.part for part in world.container.deletions.parts}
    body = {"phone": f"+1514555{LEAVER}", "password": PASSWORD, "name": "Ana Roy", "role": "rider"}
    anew = await world.request(None, "POST", "/auth/sign-up", body, key="anew")
    return problems(
        (deletion.state == "erased", f"the deletion is {deletion.state}"),
        (set(deletion.forgotten) == parts, f"not forgotten by {parts - set(deletion.forgotten)}"),
        (user.phone_key is None and not user.phone, "the account still has its number"),
        (anew.status == 201 and anew.body["user"]["id"] != leaver.id, "the number cannot sign up again"),
    )


async def _ages_pass(world: World) -> None:
    """An old notification, trail and audit record, and a copy of somebody's data."""
    at = world.clock.city()
    notification = Notification(id="ntf_old", user_id="usr_old", kind="x", title="x", body="x.", at=at)
    await world.store.collection(NOTIFICATIONS).insert(notification)
    segment = HistorySegment(
        id="trl_old",
        rescue_id="res_qc_old",
        driver_id="usr_old",
        began_at=at,
        points=(HistoryPoint(at + timedelta(seconds=1), 45.5, -73.6),),
    )
    await world.store.collection(LOCATION_HISTORY).insert(segment)
    ok(await _ask_for_a_copy(world))
    await world.settle()
    await world.run_periodic_task("audit.extend_chain")
    await advance(AGES_S)(world)


async def _nothing_old_is_left(world: World) -> Findings:
    await world.run_periodic_task("privacy.enforce_retention")
    specs = (LOCATION_HISTORY, RECORDS, EXPORTS, CHUNKS)
    left = {spec.name: len(await find_all(world, spec)) for spec in specs}
    yesterday = world.clock.city() - timedelta(days=1)  # drivers who were online for ages are told so now
    old = [n for n in await find_all(world, NOTIFICATIONS) if n.at < yesterday]
    left[NOTIFICATIONS.name] = len(old)
    found = await verify_chain(world.store, HeadSigner(world.container.settings.audit.secret), [])
    return problems(
        (not any(left.values()), f"not removed: {left}"),
        (not found.problems, f"the chain is broken: {found.problems}"),
    )


PRIVACY_SCENARIOS = (
    Scenario(
        name="an operator's action",
        prepare=_assigned_and_an_operator,
        request=_cancel_as_operator,
        background=(run_relay, periodic_task("audit.extend_chain")),
        effect=_one_record_in_the_chain,
    ),
    Scenario(
        name="asking for a copy of one's data",
        prepare=no_preparation,
        request=_ask_for_a_copy,
        background=(run_relay, run_jobs, run_relay),
        effect=_one_copy,
    ),
    Scenario(
        name="asking for the deletion of an account",
        prepare=_an_online_driver_leaves,
        request=_ask_for_deletion,
        background=(run_relay,),
        client_retries=False,  # the token is refused by then
        effect_optional=True,
        effect=_waits_and_is_signed_out,
    ),
    Scenario(
        name="erasing a person",
        prepare=_grace_is_over,
        background=(run_deadlines, run_relay, run_jobs),
        effect=_erased,
    ),
    Scenario(
        name="the end of retention",
        prepare=_ages_pass,
        background=(periodic_task("privacy.enforce_retention"),),
        effect=_nothing_old_is_left,
    ),
)
