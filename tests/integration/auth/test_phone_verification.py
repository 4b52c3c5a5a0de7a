"""Sign up for any number, and claim it with the code: no response tells whether an account has the number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from support.http.server import AUTH, PASSWORD, Api, Client, Reply, new_phone, serving
from support.sms import another_code, code_of
from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.codes import LIFETIME, TRIES_MAX
from supportcarr.auth.collections import SMS_CODES, TEXT_MESSAGES, USERS
from supportcarr.auth.ports import SmsOutcomeUnknown, SmsRefused, SmsReport, SmsUnavailable
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import SmsCodeRequested, UserSignedUp
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store


class MovableClock(Clock):
    """Both times run; ``later`` moves wall time."""

    def __init__(self) -> None:
        self.moved = 0.0
        super().__init__()
        read = self._wall
        self._wall = lambda: read() + self.moved

    def later(self, by: timedelta) -> None:
        self.moved += by.total_seconds()


class RecordingSms:
    """``SmsSender`` that records what it sends; the errors in *fails* come first."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails: list[Exception] = []
        self.found: str | None = None

    async def send(self, to: str, text: str) -> str:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((to, text))
        return f"SM{len(self.sent)}"

    async def find(self, to: str, text: str, since: object) -> str | None:
        return self.found

    async def read_report(self, body: bytes, signature: str | None) -> SmsReport | None:
        return None

    async def close(self) -> None:
        pass


class Texts:
    """Sends the texts that events ask for, as the worker does."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.sms = RecordingSms()
        self.events: list[EventEnvelope] = []
        store.subscribe(lambda _collection, _id, events: self.events.extend(events))
        self.job = CodeTexts(store, clock, AUTH, SmsCodes(store, clock, AUTH), self.sms)

    async def deliver(self) -> list[tuple[str, str]]:
        """Send what was asked for since the last call: (number, text) of each message."""
        self.sms.sent.clear()
        for envelope in self.requests():
            await self.job.send(envelope)
        self.events.clear()
        return list(self.sms.sent)

    def requests(self) -> list[SmsCodeRequested]:
        return [e.event for e in self.events if isinstance(e.event, SmsCodeRequested)]

    def signed_up(self) -> list[UserSignedUp]:
        return [e.event for e in self.events if isinstance(e.event, UserSignedUp)]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def api(service_store: Store, redis: RedisClient, clock: MovableClock) -> AsyncIterator[Api]:
    async with serving(store=service_store, redis=redis, clock=clock) as running:
        yield running


@pytest.fixture
def texts(service_store: Store, clock: MovableClock) -> Texts:
    return Texts(service_store, clock)


async def sign_up(api: Api, phone: str, **changes: object) -> Client:
    """A client with a provisional account."""
    client = api.anonymous()
    body = {"phone": phone, "password": PASSWORD, "name": "Ana Roy", "role": "rider", **changes}
    reply = await client.create("/auth/sign-up", body)
    assert reply.status == 201, reply
    client.token = reply.body["access_token"]
    return client


async def code_for(api: Api, client: Client) -> str:
    return await code_of(api.store, AUTH.lookup_secret, (await client.get("/me")).body["id"])


async def verify(client: Client, code: str) -> Reply:
    return await client.post("/auth/phone-verification", {"code": code})


async def test_the_code_claims_the_phone(api: Api, texts: Texts) -> None:
    phone = new_phone()
    client = await sign_up(api, phone, role="driver")
    assert not texts.signed_up(), "a provisional account has no role yet that others react to"
    [(to, text)] = await texts.deliver()
    code = await code_for(api, client)
    assert (to, code in text) == (phone, True)

    wrong = await verify(client, another_code(code))
    assert (wrong.status, wrong.code) == (422, "code_wrong")
    assert (await client.get("/me")).body["phone_verified"] is False
    assert (await api.anonymous().post("/auth/sign-in", {"phone": phone, "password": PASSWORD})).status == 401

    right = await verify(client, code)
    assert (right.status, right.body["user"]["phone_verified"]) == (200, True)
    assert api.tokens.verify(client.token.encode()).verified is False  # type: ignore[union-attr]  # it has one
    assert api.tokens.verify(right.body["access_token"].encode()).verified is True
    assert texts.signed_up() == [UserSignedUp(user_id=right.body["user"]["id"], role="driver")]
    assert (await api.anonymous().post("/auth/sign-in", {"phone": phone, "password": PASSWORD})).status == 200

    again = await verify(client, another_code(code))
    assert (again.status, again.body["user"]) == (200, right.body["user"]), "it is verified already"
    assert (await client.post("/auth/phone-verification/codes")).code == "already_verified"


async def test_a_taken_number_gets_a_text_and_the_client_sees_no_difference(api: Api, texts: Texts) -> None:
    owner = await api.person("rider", phone=(taken := new_phone()))
    free = new_phone()
    replies: dict[str, list[tuple[int, object]]] = {}
    for phone in (taken, free):
        client = api.anonymous()
        body = {"phone": phone, "password": PASSWORD, "name": "Eve", "role": "rider"}
        shapes = [await client.create("/auth/sign-up", body)]
        client.token = shapes[0].body["access_token"]
        me = await client.get("/me")
        code = await code_of(api.store, AUTH.lookup_secret, me.body["id"])
        shapes += [me, await verify(client, another_code(code))]
        shapes += [await client.post("/auth/phone-verification/codes") for _ in range(2)]
        shapes += [
            await api.anonymous().post("/auth/sign-in", {"phone": phone, "password": "not the password"})
        ]
        replies[phone] = [(reply.status, reply.code) for reply in shapes]
        assert me.body["phone"] == phone
    assert replies[taken] == replies[free]
    assert [code for _, code in replies[free]] == [
        None,
        None,
        "code_wrong",
        "rate_limited",
        "rate_limited",
        "unauthenticated",
    ]
    sent = dict(await texts.deliver())
    assert "already have a SupportCarr account" in sent[taken]
    assert "is your SupportCarr code" in sent[free]
    assert (await owner.get("/me")).status == 200


async def test_only_who_has_the_code_learns_that_the_number_was_claimed_meanwhile(
    api: Api, texts: Texts, clock: MovableClock
) -> None:
    phone = new_phone()
    first = await sign_up(api, phone)
    clock.later(timedelta(minutes=1))
    second = await sign_up(api, phone)
    assert len(await texts.deliver()) == 2
    assert (await verify(first, await code_for(api, first))).status == 200
    code = await code_for(api, second)
    assert (await verify(second, another_code(code))).code == "code_wrong"
    late = await verify(second, code)
    assert (late.status, late.code) == (409, "phone_taken")
    assert (await second.get("/me")).body["phone_verified"] is False
    count = sum([user.verified async for user in api.store.collection(USERS).scan()])
    assert count == 1


async def test_a_code_has_five_tries_also_of_many_at_once(api: Api) -> None:
    client = await sign_up(api, new_phone())
    code = await code_for(api, client)
    replies = await asyncio.gather(*(verify(client, another_code(code)) for _ in range(TRIES_MAX + 5)))
    codes = [reply.code for reply in replies]
    assert codes.count("code_wrong") == TRIES_MAX
    assert set(codes) <= {"code_wrong", "code_ended", "conflict"}
    assert (await verify(client, code)).code == "code_ended"


async def test_a_code_lives_for_ten_minutes_and_another_takes_its_place(
    api: Api, texts: Texts, clock: MovableClock
) -> None:
    client = await sign_up(api, new_phone())
    first = await code_for(api, client)
    clock.later(LIFETIME)
    assert await texts.deliver() == [], "nobody is sent a code that has ended"
    assert (await verify(client, first)).code == "code_ended"
    asked = await client.post("/auth/phone-verification/codes")
    assert (asked.status, asked.body) == (202, {"expires_in": 600})
    second = await code_for(api, client)
    if first != second:
        assert (await verify(client, first)).code == "code_wrong"
    assert (await verify(client, second)).status == 200


async def test_texts_to_one_number_are_limited_whoever_asks(
    api: Api, texts: Texts, clock: MovableClock
) -> None:
    phone = new_phone()
    for _ in range(AUTH.texts_per_hour):
        await sign_up(api, phone)
        clock.later(timedelta(seconds=AUTH.text_pause_seconds))
    body = {"phone": phone, "password": PASSWORD, "name": "Ana", "role": "rider"}
    refused = await api.anonymous().create("/auth/sign-up", body)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 3000 < float(refused.headers["retry-after"]) <= 3600
    assert len(await texts.deliver()) == AUTH.texts_per_hour
    assert await api.store.collection(USERS).count() == AUTH.texts_per_hour
    clock.later(timedelta(hours=1))
    await sign_up(api, phone)


async def test_a_repeated_sign_up_sends_one_text(api: Api, texts: Texts) -> None:
    client = api.anonymous()
    body = {"phone": new_phone(), "password": PASSWORD, "name": "Ana", "role": "rider"}
    replies = await asyncio.gather(*(client.post("/auth/sign-up", body, key="same") for _ in range(4)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["user"]["id"] for reply in replies}) == 1
    assert len(await texts.deliver()) == 1


async def test_a_provisional_account_ends_with_its_sessions(
    api: Api, texts: Texts, clock: MovableClock
) -> None:
    verified, forgotten = await sign_up(api, new_phone()), await sign_up(api, new_phone())
    assert (await verify(verified, await code_for(api, verified))).status == 200
    clock.later(timedelta(seconds=AUTH.provisional_seconds - 60))
    await api.registration.purge()
    assert await api.store.collection(USERS).count() == 2
    clock.later(timedelta(seconds=61))
    await api.registration.purge()
    assert [user.verified async for user in api.store.collection(USERS).scan()] == [True]
    assert (await forgotten.get("/me")).status == 401
    assert await api.store.collection(SMS_CODES).count() == 1


async def test_a_rider_becomes_a_driver_too(api: Api, texts: Texts) -> None:
    client = await api.person("rider")
    texts.events.clear()
    for _ in range(2):
        reply = await client.post("/me/roles", {"role": "driver"})
        assert (reply.status, reply.body["user"]["roles"]) == (200, ["driver", "rider"])
    assert api.tokens.verify(reply.body["access_token"].encode()).roles == {"driver", "rider"}
    assert texts.signed_up() == [UserSignedUp(user_id=client.user_id, role="driver")]
    assert (await client.post("/me/roles", {"role": "admin"})).status == 422


async def test_a_provisional_driver_takes_both_roles_with_the_code(api: Api, texts: Texts) -> None:
    client = await sign_up(api, new_phone(), role="driver")
    assert (await client.post("/me/roles", {"role": "rider"})).status == 200
    assert not texts.signed_up()
    assert (await verify(client, await code_for(api, client))).status == 200
    assert {event.role for event in texts.signed_up()} == {"driver", "rider"}


# --- sending ------------------------------------------------------------------------------------------


async def test_a_text_is_sent_once_and_its_outcome_is_recorded(api: Api, texts: Texts) -> None:
    await sign_up(api, new_phone())
    [event] = texts.requests()
    await texts.job.send(event)
    await texts.job.send(event)  # the job runs again after a crash
    assert len(texts.sms.sent) == 1
    [message] = [m async for m in api.store.collection(TEXT_MESSAGES).scan()]
    assert (message.state, message.provider_id) == ("sent", "SM1")
    await texts.job.record_status("SM1", "delivered", None)
    await texts.job.record_status("SM1", "sent", None)  # reports may come in any order
    [message] = [m async for m in api.store.collection(TEXT_MESSAGES).scan()]
    assert message.state == "delivered"
    assert texts.job.stats()["delivered_total"] == 1
    await texts.job.record_status("SM-unknown", "delivered", None)


async def test_a_text_whose_outcome_is_unknown_is_looked_for_before_it_is_sent_again(
    api: Api, texts: Texts
) -> None:
    await sign_up(api, new_phone())
    [event] = texts.requests()
    texts.sms.fails = [SmsOutcomeUnknown("no response")]
    with pytest.raises(RetryLater):
        await texts.job.send(event)
    texts.sms.found = "SM-of-before"
    await texts.job.send(event)
    assert texts.sms.sent == []
    [message] = [m async for m in api.store.collection(TEXT_MESSAGES).scan()]
    assert (message.state, message.provider_id) == ("sent", "SM-of-before")


async def test_an_unavailable_provider_is_tried_later_and_a_refused_text_is_given_up(
    api: Api, texts: Texts
) -> None:
    await sign_up(api, new_phone())
    [event] = texts.requests()
    texts.sms.fails = [SmsUnavailable("busy", retry_after=3.0), SmsRefused("21610", "blocked")]
    with pytest.raises(RetryLater) as later:
        await texts.job.send(event)
    assert later.value.seconds == 3.0
    await texts.job.send(event)
    await texts.job.send(event)
    assert texts.sms.sent == []
    [message] = [m async for m in api.store.collection(TEXT_MESSAGES).scan()]
    assert (message.state, message.error) == ("refused", "21610")


@pytest.mark.parametrize(("language", "words"), [("es", "es su clave"), ("fr", "est votre code SupportCarr")])
async def test_texts_come_in_the_language_that_was_chosen(
    api: Api, texts: Texts, language: str, words: str
) -> None:
    client = await sign_up(api, (phone := new_phone()), language=language)
    [(to, text)] = await texts.deliver()
    assert (to, words in text) == (phone, True)
    assert (await client.get("/me")).body["preferences"]["language"] == language


async def test_neither_code_nor_number_is_stored_with_codes_and_messages(api: Api, texts: Texts) -> None:
    phone = new_phone()
    client = await sign_up(api, phone)
    await texts.deliver()
    code = await code_for(api, client)
    kept = [repr(document) async for document in api.store.collection(SMS_CODES).scan()]
    kept += [repr(document) async for document in api.store.collection(TEXT_MESSAGES).scan()]
    kept += [repr(envelope) for envelope in texts.events]
    assert kept
    assert not any(code in text or phone in text for text in kept)
