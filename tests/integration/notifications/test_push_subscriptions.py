"""Push subscriptions: a person's own, one for each browser, for as long as its session."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from support.http.server import Api, Client, serving
from supportcarr.contracts.routing import Route
from supportcarr.kit.http.settings import OutboundSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.notifications.collections import PUSH_SUBSCRIPTIONS
from supportcarr.notifications.personal_data import NotificationData
from supportcarr.notifications.push.model import SUBSCRIPTIONS_MAX
from supportcarr.notifications.push.routes import routes
from supportcarr.notifications.push.service import PushSubscriptions
from supportcarr.providers.settings import PushSettings
from supportcarr.providers.vapid import decoded, new_private_key, public_key_of
from supportcarr.providers.web_push import WebPush

PATH = "/me/push-subscriptions"
SERVICE = "https://updates.push.services.mozilla.com/wpush/v2/"


def browser(name: str = "a", **changed: Any) -> dict[str, Any]:
    """What ``PushSubscription.toJSON()`` gives."""
    keys = {
        "p256dh": public_key_of(ec.generate_private_key(ec.SECP256R1())),
        "auth": base64.urlsafe_b64encode(name.encode().ljust(16)).rstrip(b"=").decode(),
    }
    return {"endpoint": f"{SERVICE}{name}", "expirationTime": None, "keys": keys} | changed


class _Late:
    """The sessions of the API, which exists after its routes."""

    api: Api | None = None

    async def open_among(self, session_ids: Any) -> Any:
        assert self.api is not None
        return await self.api.auth.sessions.open_among(session_ids)


class World:
    """The routes' service, and what it needs."""

    def __init__(self, store: Store, *, key: str | None = None) -> None:
        private = new_private_key() if key is None else key
        self.sessions = _Late()
        self.sender = WebPush(
            PushSettings(vapid_private_key=private), OutboundSettings(), contact="mailto:ops@x.example"
        )
        self.service = PushSubscriptions(store, Clock(), self.sender, self.sessions)
        self.routes: list[Route] = routes(self.service)


async def test_a_browser_subscribes_once_and_is_listed_without_its_secrets(
    store: Store, redis: RedisClient
) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        mine = browser()
        first = await ann.post(PATH, mine)
        again = await ann.post(PATH, mine)
        assert (first.status, again.status) == (200, 200)
        assert first.body == again.body
        assert first.body["service"] == "updates.push.services.mozilla.com"
        assert set(first.body) == {"id", "service", "session_id", "created_at"}
        assert (await ann.get(PATH)).body["items"] == [first.body]


async def test_new_keys_of_the_same_endpoint_replace_the_old_ones(store: Store, redis: RedisClient) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        subscription_id = (await ann.post(PATH, browser())).body["id"]
        newer = browser()
        assert (await ann.post(PATH, newer)).body["id"] == subscription_id
        stored = await store.collection(PUSH_SUBSCRIPTIONS).get(subscription_id)
        assert stored is not None and stored.p256dh == newer["keys"]["p256dh"]


async def test_another_person_s_browser_is_neither_listed_nor_removed(
    store: Store, redis: RedisClient
) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann, ben = await api.person("rider"), await api.person("driver")
        mine = browser()
        subscription_id = (await ann.post(PATH, mine)).body["id"]
        assert (await ben.get(PATH)).body["items"] == []
        assert (await ben.delete(f"{PATH}/{subscription_id}")).status == 404
        assert (await ben.delete(f"{PATH}?endpoint={mine['endpoint']}")).status == 404
        stolen = browser(endpoint=mine["endpoint"])
        refused = await ben.post(PATH, stolen)
        assert (refused.status, refused.code) == (409, "endpoint_in_use"), "he does not have its keys"
        assert len((await ann.get(PATH)).body["items"]) == 1
        assert (await api.anonymous().get(PATH)).status == 401
        assert (await api.anonymous().post(PATH, mine)).status == 401


async def test_a_browser_in_which_somebody_else_signs_in_is_theirs(store: Store, redis: RedisClient) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann, ben = await api.person("rider"), await api.person("rider")
        shared = browser()
        await ann.post(PATH, shared)
        assert (await ben.post(PATH, shared)).status == 200
        assert (await ann.get(PATH)).body["items"] == []
        assert len((await ben.get(PATH)).body["items"]) == 1


async def test_a_browser_unsubscribes_by_its_id_or_its_endpoint(store: Store, redis: RedisClient) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        for name in "ab":
            await ann.post(PATH, browser(name))
        first, second = (await ann.get(PATH)).body["items"]
        assert (await ann.delete(f"{PATH}/{first['id']}")).status == 204
        assert (await ann.delete(f"{PATH}/{first['id']}")).status == 404
        assert (await ann.delete(f"{PATH}?endpoint={SERVICE}b")).status == 204
        assert (await ann.get(PATH)).body["items"] == []
        assert (await ann.delete(PATH)).status == 422, second


async def test_the_oldest_browser_makes_room_for_a_new_one(store: Store, redis: RedisClient) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        ids = [(await ann.post(PATH, browser(f"b{n}"))).body["id"] for n in range(SUBSCRIPTIONS_MAX + 1)]
        assert {one["id"] for one in (await ann.get(PATH)).body["items"]} == set(ids[1:])


async def test_bad_subscriptions_are_refused_with_the_field(store: Store, redis: RedisClient) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        good = browser()["keys"]
        bad: list[tuple[dict[str, Any], str]] = [
            (browser(endpoint="https://169.254.169.254/x"), "endpoint"),
            (browser(endpoint="https://evil.example/x"), "endpoint"),
            (browser(endpoint="http://fcm.googleapis.com/x"), "endpoint"),
            (browser(keys=good | {"p256dh": "A" * 87}), "keys.p256dh"),
            (browser(keys=good | {"auth": "!" * 22}), "keys.auth"),
            (browser(keys={"auth": good["auth"]}), "keys"),
            (browser(expirationTime=1), "expirationTime"),
            (browser(surprise=1), "surprise"),
        ]
        for body, field in bad:
            refused = await ann.post(PATH, body)
            assert refused.status == 422, body
            assert field.startswith(refused.body["errors"][0]["field"]) or (
                refused.body["errors"][0]["field"].startswith(field)
            ), refused.body
        assert (await ann.get(PATH)).body["items"] == []
        assert (await ann.post(PATH, browser(expirationTime=8.64e15))).status == 200, "for ever"
        assert len(decoded(good["p256dh"])) == 65


async def test_without_a_key_nobody_subscribes(store: Store, redis: RedisClient) -> None:
    world = World(store, key="")
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        refused = await (await api.person("rider")).post(PATH, browser())
        assert (refused.status, refused.code) == (409, "push_off")


async def test_a_subscription_ends_with_its_session(store: Store, redis: RedisClient) -> None:
    world = World(store)
    subscriptions = store.collection(PUSH_SUBSCRIPTIONS)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        here, there = await signed_in_again(api, ann), await signed_in_again(api, ann)
        await here.post(PATH, browser("here"))
        await there.post(PATH, browser("there"))
        assert there.grant is not None and here.grant is not None
        await api.auth.sessions.end(there.grant.session_id)
        [left] = (await here.get(PATH)).body["items"]
        assert left["session_id"] == here.grant.session_id
        assert await subscriptions.count() == 1, "it is removed, not only hidden"
        await api.auth.sessions.end(here.grant.session_id)
        await world.service.purge()
        assert await subscriptions.count() == 0


async def test_what_a_browser_says_to_be_expired_is_removed(store: Store, redis: RedisClient) -> None:
    world = World(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann = await api.person("rider")
        soon = (Clock().wall() + timedelta(seconds=60)).timestamp() * 1000
        await ann.post(PATH, browser(expirationTime=soon))
        late = Clock(wall=lambda: Clock().wall_seconds() + 61)
        await PushSubscriptions(store, late, world.sender, world.sessions).purge()
        assert (await ann.get(PATH)).body["items"] == []


async def test_subscriptions_are_exported_without_secrets_and_erased(
    store: Store, redis: RedisClient
) -> None:
    world = World(store)
    data = NotificationData(store)
    async with serving(world.routes, store=store, redis=redis) as api:
        world.sessions.api = api
        ann, ben = await api.person("rider"), await api.person("rider")
        await ann.post(PATH, browser("a"))
        await ben.post(PATH, browser("b"))
        exported = await data.export(ann.user_id)
        [one] = exported["push_subscriptions"]
        assert one.service == "updates.push.services.mozilla.com"
        assert not hasattr(one, "auth") and not hasattr(one, "endpoint")
        await data.forget(ann.user_id)
        assert await data.export(ann.user_id) == {}
        assert len((await ben.get(PATH)).body["items"]) == 1


async def signed_in_again(api: Api, person: Client) -> Client:
    """The same person in another session."""
    assert person.grant is not None
    user = await api.auth.user(person.grant.user.id)
    return Client(api, person.address, await api.auth.sessions.open(user))
