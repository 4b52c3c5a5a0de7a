"""Scenarios of messages to browsers: subscribing, pushing an offer and a chat message."""

from __future__ import annotations

from support import rfc8291
from support.crash.deployment import Person
from support.crash.life import assigned, held
from support.crash.scenario import Findings, Scenario, find_all, no_preparation, problems, run_jobs, run_relay
from support.crash.world import ApiResponse, World
from supportcarr.kit.jobs.service import JOBS
from supportcarr.notifications.collections import PUSH_SUBSCRIPTIONS
from supportcarr.notifications.push.delivery import JOB
from supportcarr.rescues.collections import MESSAGES

PATH = "/me/push-subscriptions"


async def subscribe(world: World, person: Person) -> ApiResponse:
    """A browser of that person subscribes; the emulator says that it is gone by the first message."""
    body = {"endpoint": f"{world.deployment.stripe_url}/push/{person.id}", "keys": rfc8291.BROWSER_KEYS}
    return await world.request(person, "POST", PATH, body)


async def _subscribe(world: World) -> ApiResponse:
    return await subscribe(world, world.people.rider)


async def _subscribed_once(world: World) -> Findings:
    stored = await find_all(world, PUSH_SUBSCRIPTIONS, user_id=world.people.rider.id)
    return problems((len(stored) == 1, f"{len(stored)} subscriptions of one browser"))


async def _held_and_subscribed(world: World) -> None:
    await held(world)
    assert (await subscribe(world, world.people.near)).status == 200


async def _assigned_and_subscribed(world: World) -> None:
    await assigned(world)
    assert (await subscribe(world, world.people.rider)).status == 200


async def _write(world: World) -> ApiResponse:
    rescue = await world.rescue()
    path, body = f"/rescues/{rescue.id}/messages", {"text": "I am at the gate"}
    return await world.request(world.people.near, "POST", path, body, key="message-1")


async def _pushed(world: World, source: str) -> Findings:
    """One job for the browser and each message; it has removed the browser, because that is gone.

    While a killed process is down an offer may end, and the driver gets a second one: another message.
    """

    async def removed() -> bool:
        return not await find_all(world, PUSH_SUBSCRIPTIONS)

    done = await world.until(removed, 120)  # a job whose worker died runs again after a while
    jobs = [job for job in await find_all(world, JOBS, name=JOB) if job.id.startswith(source)]
    messages = {job.id.partition(".")[0] for job in jobs}
    return problems(
        (done, "the browser that is gone is still subscribed"),
        (len(jobs) == len(messages) > 0, f"{len(jobs)} jobs for one browser and {len(messages)} messages"),
    )


async def _offer_pushed(world: World) -> Findings:
    return await _pushed(world, "off_")


async def _message_pushed(world: World) -> Findings:
    messages = await find_all(world, MESSAGES)
    return [
        *problems((len(messages) == 1, f"{len(messages)} messages")),
        *await _pushed(world, "msg_"),
    ]


PUSH_SCENARIOS = (
    Scenario(
        name="a browser subscribes to notifications",
        prepare=no_preparation,
        request=_subscribe,
        effect=_subscribed_once,
    ),
    Scenario(
        name="pushing an offer to a browser that is gone",
        prepare=_held_and_subscribed,
        background=(run_relay, run_jobs),
        effect=_offer_pushed,
    ),
    Scenario(
        name="pushing a chat message to a browser that is gone",
        prepare=_assigned_and_subscribed,
        request=_write,
        background=(run_relay, run_jobs),
        effect=_message_pushed,
    ),
)
