"""Scenarios of accounts, sessions, drivers and cards: what happens before a rescue is requested."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from support.crash.deployment import Person
from support.crash.life import (
    APPLICATION,
    PASSWORD,
    VEHICLE,
    assigned,
    create_quote,
    go_offline,
    ok,
    request_rescue,
    verify_phone,
)
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
from supportcarr.auth.collections import SESSIONS, SMS_CODES, TEXT_MESSAGES, USERS
from supportcarr.auth.guesses import GUESSES
from supportcarr.auth.signing_keys import SIGNING_KEYS, new_key
from supportcarr.dispatch.roster import JobClaim
from supportcarr.drivers.collections import PROFILES, VEHICLES
from supportcarr.drivers.model import Application
from supportcarr.gateway.idempotency import CLAIMS
from supportcarr.kit.jobs.verification import STATES
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.notifications.collections import NOTIFICATIONS, PUSH_SUBSCRIPTIONS
from supportcarr.notifications.push.model import PushSubscription
from supportcarr.payments.collections import ACCOUNTS, EVENTS, METHODS
from supportcarr.payments.model import StripeEvent
from supportcarr.pricing.collections import QUOTES
from supportcarr.rescues.collections import MESSAGES
from supportcarr.riders.collections import RIDERS

NEWCOMER = "Zoé Tremblay"
MISSING_RESCUE = "res_qc_01jtwn00000000000000000009"


# --- accounts -------------------------------------------------------------------------------------


async def _sign_up(world: World) -> ApiResponse:
    body = {"phone": "+15145550199", "password": PASSWORD, "name": NEWCOMER, "role": "driver"}
    return await world.request(None, "POST", "/auth/sign-up", body, key="newcomer")


async def _texted(world: World) -> bool:
    return bool(await find_all(world, TEXT_MESSAGES, purpose="phone"))


async def _one_account(world: World) -> Findings:
    await world.until(lambda: _texted(world), 120)  # a job whose worker died runs again after a while
    users = await find_all(world, USERS, name=NEWCOMER)
    messages = await find_all(world, TEXT_MESSAGES, purpose="phone")  # not the notices to others
    return problems(
        (len(users) == 1, f"{len(users)} accounts"),
        (not any(user.verified for user in users), "the number was claimed without a code"),
        (len(messages) == 1, f"{len(messages)} text messages"),
    )


async def _newcomer(world: World) -> None:
    granted = ok(await _sign_up(world))
    world.save_value("newcomer", msgspec.json.encode(granted).decode())
    await world.settle()


async def _verify(world: World) -> ApiResponse:
    granted = msgspec.json.decode(world.saved_value("newcomer"))
    person = Person(
        id=granted["user"]["id"],
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
    )
    return await verify_phone(world, person)


async def _verified(world: World) -> Findings:
    users = await find_all(world, USERS, name=NEWCOMER)
    profile = await world.store.collection(PROFILES).get(users[0].id) if users else None
    return problems(
        (len(users) == 1, f"{len(users)} accounts"),
        (all(user.verified for user in users), "the phone is not verified"),
        (profile is not None, "no profile for the operators to approve"),
    )


async def _refresh(world: World) -> ApiResponse:
    body = {"refresh_token": world.people.rider.refresh_token, "nonce": "nonce-0001"}
    return await world.request(None, "POST", "/auth/refresh", body)


async def _same_successor(world: World) -> Findings:
    first, second = ok(await _refresh(world)), ok(await _refresh(world))
    [session] = await find_all(world, SESSIONS, user_id=world.people.rider.id)
    return problems(
        (first["refresh_token"] == second["refresh_token"], "two successors of one token"),
        (session.generation == 2, f"generation {session.generation} after one refresh"),
        (session.ended_at is None, "the session was ended"),
    )


async def _sign_out(world: World) -> ApiResponse:
    return await world.request(world.people.far, "POST", "/auth/sign-out")


async def _signed_out(world: World) -> Findings:
    sessions = await find_all(world, SESSIONS, user_id=world.people.far.id)
    me = await world.request(world.people.far, "GET", "/me")
    return problems(
        ([s.ended_because for s in sessions] == ["signed_out"], "the session was not ended"),
        (me.status == 401, f"its token gets a {me.status}"),
    )


PURGES: dict[str, CollectionSpec[Any]] = {
    "auth.purge_sessions": SESSIONS,
    "auth.purge_guesses": GUESSES,
    "auth.purge_sms_codes": SMS_CODES,
    "auth.purge_text_messages": TEXT_MESSAGES,
    "gateway.forget_idempotency_keys": CLAIMS,
    "pricing.forget_quotes": QUOTES,
    "payments.forget_stripe_events": EVENTS,
    "notifications.purge_push_subscriptions": PUSH_SUBSCRIPTIONS,
}


async def _days_pass(world: World) -> None:
    """Add an unused quote, a guess and an unrelated webhook to what is stored, and let 200 days pass."""
    await create_quote(world)
    await world.container.guesses.attempt("password", "account")
    ok(await _sign_up(world))  # and never verify the number
    await world.settle()
    now = world.clock.wall()
    event = StripeEvent(id="evt_1", type="charge.succeeded", received_at=now, handled_at=now)
    await world.store.collection(EVENTS).insert(event)
    browser = PushSubscription(
        id="psh_1",
        user_id=world.people.rider.id,
        session_id="ses_ended",
        endpoint="https://push.example/1",
        p256dh="",
        auth="",
        server_key="",
        created_at=now,
    )
    await world.store.collection(PUSH_SUBSCRIPTIONS).insert(browser)
    await advance(200 * 86_400)(world)


async def _purged(world: World) -> Findings:
    for name in PURGES:
        await world.run_periodic_task(name)
    left = {name: len(await find_all(world, spec)) for name, spec in PURGES.items()}
    return problems((not any(left.values()), f"not purged: {left}"))


async def _old_signing_keys(world: World) -> None:
    """The key that signs is due to be replaced, and of the one before it every token has expired."""
    settings = world.container.settings.auth
    root = settings.token_secrets.partition(":")[0]
    second = world.clock.wall() - timedelta(days=35, seconds=settings.access_seconds)
    for activates_at in (second - timedelta(days=35), second):
        key = new_key(root, activates_at)
        await world.store.collection(SIGNING_KEYS).insert(key)


async def _rotated(world: World) -> Findings:
    await world.run_periodic_task("auth.rotate_signing_keys")
    keys = await find_all(world, SIGNING_KEYS)
    new = [key for key in keys if key.activates_at > world.clock.wall() - timedelta(days=1)]
    return problems((len(new) == 1, f"{len(new)} new keys"), (len(keys) == 2, f"{len(keys)} keys"))


async def _as_it_is(_: World) -> None:
    """The city's own accounts and payments are verified."""


async def _ledger_and_log_verified(world: World) -> Findings:
    for name in ("verify.ledger", "verify.audit_log"):
        await world.run_periodic_task(name)
    states = await find_all(world, STATES)
    complete = {state.id for state in states if state.completed_at and not state.findings}
    return problems((complete == {"ledger", "audit_log"}, f"verified: {complete}"))


# --- drivers --------------------------------------------------------------------------------------


async def _far_is_offline(world: World) -> None:
    await go_offline(world, world.people.far)
    await world.relay()


async def _go_online(world: World) -> ApiResponse:
    body = {"online": True, "vehicle_id": world.people.far_vehicle}
    return await world.request(world.people.far, "PUT", "/me/availability", body)


async def _is_online(world: World) -> Findings:
    entry, profile = (
        await world.roster_entry(world.people.far),
        await find_all(world, PROFILES, id=world.people.far.id),
    )
    return problems(
        (profile[0].online, "the profile is offline"),
        (entry.is_free, "dispatch does not know that the driver is online"),
        (entry.standing_version == profile[0].version, "dispatch knows an older standing"),
    )


async def _papers_expire(world: World) -> None:
    """The far driver, online, states that the licence expired long ago."""
    body = APPLICATION | {"licence_expires_on": "2020-01-31"}
    ok(await world.request(world.people.far, "PUT", "/me/driver-application", body))
    await world.relay()


async def _is_offline_and_told(world: World) -> Findings:
    entry = await world.roster_entry(world.people.far)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    told = await find_all(world, NOTIFICATIONS, user_id=world.people.far.id, kind="documents_expired")
    return problems(
        (profile.offline_reason == "documents_expired", "the driver is online"),
        (not entry.online, "dispatch does not know that the driver is offline"),
        (len(told) == 1, f"{len(told)} notifications"),
    )


async def _papers_of_before(world: World) -> None:
    """The far driver, online, as a version that knew no dates stored them, and without papers."""
    profiles = world.store.collection(PROFILES)
    profile = await profiles.get(world.people.far.id)
    assert profile is not None
    await profiles.save(replace(profile, application=Application(), documents_until=None, due_at=None))


async def _is_offline_without_papers(world: World) -> Findings:
    await world.run_periodic_task("drivers.date_papers")  # its next turn, if the first was lost
    await world.settle()
    entry = await world.roster_entry(world.people.far)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    return problems(
        (profile.offline_reason == "documents_missing", "the driver is online"),
        (not entry.online, "dispatch does not know that the driver is offline"),
    )


async def _add_vehicle(world: World) -> ApiResponse:
    with (world.deployment.path / "requests").open("a") as file:
        file.write(".")
    body = VEHICLE | {"plate": "NEW 001"}
    return await world.request(world.people.far, "POST", "/me/vehicles", body)


async def _has_the_vehicle(world: World) -> Findings:
    listed = await world.container.vehicles.listed(world.people.far.id)
    plates = [vehicle.plate for vehicle in listed]
    stored = len(await find_all(world, VEHICLES, plate="NEW 001"))
    requests = len((world.deployment.path / "requests").read_text())
    return problems(
        ("NEW 001" in plates, "the vehicle is not listed"),
        (stored <= requests, f"{stored} vehicles were stored by {requests} requests"),
    )


async def _claimed_by_missing_rescue(world: World) -> None:
    """A claim on the far driver for a rescue that was never created, past its deadline."""
    entry = await world.roster_entry(world.people.far)
    until = world.clock.city() + timedelta(seconds=5)
    job = JobClaim(
        rescue_id=MISSING_RESCUE,
        entry=1,
        offer_id="off_01jtwn00000000000000000009",
        area_id="montreal",
        confirmed=False,
        until=until,
    )
    await world.roster.save(replace(entry, job=job, claim_until=until, busy_area="montreal"))
    await advance(20)(world)


async def _far_is_free(world: World) -> Findings:
    free = await world.until(lambda: _free(world), 60)
    return problems((free, "the driver is never released"))


async def _free(world: World) -> bool:
    return (await world.roster_entry(world.people.far)).is_free


# --- riders ---------------------------------------------------------------------------------------


async def _add_card(world: World) -> ApiResponse:
    body = {"stripe_payment_method": "pm_card_mastercard"}
    return await world.request(world.people.near, "POST", "/me/payment-methods", body)


async def _near_also_rides(world: World) -> None:
    """The near driver is also a rider, without a card."""
    user = await world.store.collection(USERS).get(world.people.near.id)
    assert user is not None
    await world.container.auth.ensure_account(user.phone, PASSWORD, user.name, ["rider"])
    await world.relay()
    granted = await world.container.auth.sign_in(user.phone, PASSWORD)
    near = replace(world.people.near, access_token=granted.access_token, refresh_token=granted.refresh_token)
    world.set_people(replace(world.people, near=near))


async def _has_a_card(world: World) -> Findings:
    accounts = await find_all(world, ACCOUNTS, id=world.people.near.id)
    cards = await find_all(world, METHODS, rider_id=world.people.near.id)
    usable = [
        await world.container.payment_methods.gateway_ids(world.people.near.id, card.id) for card in cards
    ]
    return problems(
        (len(accounts) == 1, "no customer at Stripe"),
        (bool(cards) and all(usable), "no card that can be charged"),
    )


async def _rider_claimed_by_missing_rescue(world: World) -> None:
    """A process was killed after it had claimed the rider, a minute ago, and the rider did not retry."""
    await world.container.riders.claim(world.people.rider.id, MISSING_RESCUE)
    await advance(61)(world)


async def _rider_is_free(world: World) -> Findings:
    async def can_request() -> bool:
        response = await request_rescue(world, await create_quote(world), key="after-all")
        return response.status == 201

    free = await world.until(lambda: _unclaimed(world), 30)
    return problems(
        (free, "the rider is never released"),
        (free and await can_request(), "the rider cannot request a rescue"),
    )


async def _unclaimed(world: World) -> bool:
    rider = await world.store.collection(RIDERS).get(world.people.rider.id)
    return rider is None or rider.live_rescue is None


async def _send_message(world: World) -> ApiResponse:
    rescue = await world.rescue()
    body = {"text": "I am at the corner."}
    return await world.request(
        world.people.rider, "POST", f"/rescues/{rescue.id}/messages", body, key="message-1"
    )


async def _one_message(world: World) -> Findings:
    messages = await find_all(world, MESSAGES)
    return problems((len(messages) == 1, f"{len(messages)} messages"))


ACCOUNTS_SCENARIOS = (
    Scenario(
        name="signing up as a driver",
        prepare=no_preparation,
        request=_sign_up,
        background=(run_relay, run_jobs),
        effect=_one_account,
    ),
    Scenario(
        name="verifying a phone",
        prepare=_newcomer,
        request=_verify,
        background=(run_relay,),
        effect=_verified,
    ),
    Scenario(name="refreshing a session", prepare=no_preparation, request=_refresh, effect=_same_successor),
    Scenario(
        name="signing out",
        prepare=_far_is_offline,
        request=_sign_out,
        client_retries=False,  # the token is refused by then
        effect_optional=True,
        effect=_signed_out,
    ),
    Scenario(
        name="purging expired documents",
        prepare=_days_pass,
        background=(
            periodic_task("auth.purge_provisional_accounts"),
            *(periodic_task(name) for name in PURGES),
        ),
        effect=_purged,
    ),
    Scenario(
        name="rotating the signing keys",
        prepare=_old_signing_keys,
        background=(periodic_task("auth.rotate_signing_keys"),),
        effect=_rotated,
    ),
    Scenario(
        name="verifying the ledger and the audit log",
        prepare=_as_it_is,
        background=(periodic_task("verify.ledger"), periodic_task("verify.audit_log")),
        effect=_ledger_and_log_verified,
    ),
    Scenario(
        name="going online",
        prepare=_far_is_offline,
        request=_go_online,
        background=(run_relay,),
        effect=_is_online,
    ),
    Scenario(
        name="papers that have expired",
        prepare=_papers_expire,
        background=(run_deadlines, run_relay),
        effect=_is_offline_and_told,
    ),
    Scenario(
        name="papers without dates",
        prepare=_papers_of_before,
        background=(periodic_task("drivers.date_papers"), run_relay),
        effect=_is_offline_without_papers,
    ),
    Scenario(name="adding a vehicle", prepare=no_preparation, request=_add_vehicle, effect=_has_the_vehicle),
    Scenario(
        name="an orphaned claim on a driver",
        prepare=_claimed_by_missing_rescue,
        background=(periodic_task("dispatch.reconcile"),),
        effect=_far_is_free,
    ),
    Scenario(name="adding a card", prepare=_near_also_rides, request=_add_card, effect=_has_a_card),
    Scenario(
        name="an orphaned claim on a rider",
        prepare=_rider_claimed_by_missing_rescue,
        background=(periodic_task("riders.reconcile_claims"),),
        effect=_rider_is_free,
    ),
    Scenario(
        name="sending a message",
        prepare=assigned,
        request=_send_message,
        background=(run_relay,),
        effect=_one_message,
    ),
)
