"""Scenarios of ratings, and of the change of a phone number."""

from __future__ import annotations

from support.crash.life import PASSWORD, completed, ok
from support.crash.scenario import (
    Findings,
    Scenario,
    advance,
    find_all,
    problems,
    run_deadlines,
    run_jobs,
    run_relay,
)
from support.crash.world import ApiResponse, World
from support.sms import code_of
from supportcarr.auth.codes import new_phone_holder
from supportcarr.auth.collections import TEXT_MESSAGES, USERS
from supportcarr.kit.runtime.crypto import secrets_of
from supportcarr.ratings.collections import RATINGS, SUMMARIES

LONGER_THAN_SHOWN_AFTER_S = 8 * 86_400.0
NEW_PHONE = "+15145550177"


async def _rider_rates(world: World) -> ApiResponse:
    path = f"/rescues/{(await world.rescue()).id}/rating"
    return await world.request(world.people.rider, "POST", path, {"stars": 2, "comment": "Late"})


async def _driver_rates(world: World) -> ApiResponse:
    path = f"/rescues/{(await world.rescue()).id}/rating"
    return await world.request(world.people.near, "POST", path, {"stars": 4})


async def _one_side_has_rated(world: World) -> None:
    await completed(world)
    await world.settle()
    ok(await _rider_rates(world))
    await world.settle()


async def _stars(world: World) -> dict[str, tuple[int, ...]]:
    return {summary.id: summary.stars for summary in await find_all(world, SUMMARIES)}


async def _each_counts_once(world: World) -> Findings:
    people, counted = world.people, await _stars(world)
    [ratings] = await find_all(world, RATINGS)
    return problems(
        (ratings.shown_at is not None, "both sides have rated, and nothing is shown"),
        (
            counted == {f"driver:{people.near.id}": (2,), f"rider:{people.rider.id}": (4,)},
            f"counted are {counted}",
        ),
    )


async def _one_counts(world: World) -> Findings:
    counted = await _stars(world)
    return problems((counted == {f"driver:{world.people.near.id}": (2,)}, f"counted are {counted}"))


async def _asked_for_phone(world: World) -> None:
    body = {"phone": NEW_PHONE, "password": PASSWORD}
    ok(await world.request(world.people.rider, "POST", "/me/phone", body))
    await world.settle()


async def _confirm_phone(world: World) -> ApiResponse:
    """Confirm the number; a client that has no response sees first whether it is the account's already."""
    account = await world.request(world.people.rider, "GET", "/me")
    if ok(account)["phone"] == NEW_PHONE:
        return account
    secret = world.container.settings.auth.lookup_secret
    holder = new_phone_holder(secrets_of(secret)[0], world.people.rider.id, NEW_PHONE)
    code = await code_of(world.store, secret, holder, "new_phone")
    return await world.request(world.people.rider, "POST", "/me/phone/confirmation", {"code": code})


async def _old_phone_told_once(world: World) -> Findings:
    async def told() -> bool:
        user = await world.store.collection(USERS).get(world.people.rider.id)
        return user is not None and user.old_phones is None

    done = await world.until(told, 120)  # a job whose worker died runs again after a while
    user = await world.store.collection(USERS).get(world.people.rider.id)
    texts = [text for text in await find_all(world, TEXT_MESSAGES) if text.purpose == "old_phone"]
    return problems(
        (done, "the old number was not told"),
        (user is not None and user.phone == NEW_PHONE, "the number did not change"),
        (len(texts) == 1, f"{len(texts)} texts to the old number"),
    )


RATINGS_SCENARIOS = (
    Scenario(
        name="rating what the other side has rated",
        prepare=_one_side_has_rated,
        request=_driver_rates,
        background=(run_relay,),
        effect=_each_counts_once,
    ),
    Scenario(
        name="showing a rating after seven days",
        prepare=_one_side_has_rated,
        background=(advance(LONGER_THAN_SHOWN_AFTER_S), run_deadlines, run_relay),
        effect=_one_counts,
    ),
    Scenario(
        name="changing a phone number",
        prepare=_asked_for_phone,
        request=_confirm_phone,
        background=(run_relay, run_jobs),
        effect=_old_phone_told_once,
    ),
)
