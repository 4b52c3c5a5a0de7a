"""Change the phone number: proved by a code, told to the old number; a number that is taken tells nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.http.server import AUTH, PASSWORD, Api, Client, Reply, new_phone, serving
from support.sms import another_code, code_of
from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.codes import TRIES_MAX, new_phone_holder
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.ports import SmsReport
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PhoneChanged, SmsCodeRequested
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store

SECRET = AUTH.lookup_secret


@pytest.fixture
async def api(service_store: Store, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving(store=service_store, redis=redis) as running:
        yield running


class Sent:
    """The texts that a worker sends: (number, text)."""

    def __init__(self, store: Store) -> None:
        self.texts: list[tuple[str, str]] = []
        self.events: list[EventEnvelope] = []
        store.subscribe(lambda _collection, _id, events: self.events.extend(events))
        self._job = CodeTexts(store, Clock(), AUTH, SmsCodes(store, Clock(), AUTH), self)

    async def send(self, to: str, text: str) -> str:
        self.texts.append((to, text))
        return f"SM{len(self.texts)}"

    async def find(self, to: str, text: str, since: object) -> str | None:
        return None

    async def read_report(self, body: bytes, signature: str | None) -> SmsReport | None:
        return None

    async def close(self) -> None:
        pass

    async def deliver(self) -> list[tuple[str, str]]:
        self.texts.clear()
        for envelope in self.events:
            if isinstance(envelope.event, SmsCodeRequested):
                await self._job.send(envelope.event)
            if isinstance(envelope.event, PhoneChanged):
                for _ in range(2):  # a job may run again
                    await self._job.tell_old_phones(envelope.id, envelope.event.user_id)
        self.events.clear()
        return list(self.texts)


@pytest.fixture
def sent(service_store: Store) -> Sent:
    return Sent(service_store)


async def ask(person: Client, phone: str, **also: str) -> Reply:
    return await person.post("/me/phone", {"phone": phone, **also})


async def code_for(api: Api, person: Client, phone: str) -> str:
    holder = new_phone_holder(SECRET, person.user_id, phone)
    return await code_of(api.store, SECRET, holder, "new_phone")


async def want(api: Api, person: Client, number: str) -> None:
    """Have a code for that number requested, as if the pause between two requests were over."""
    user = await api.store.collection(USERS).get(person.user_id)
    assert user is not None
    await api.store.collection(USERS).save(replace(user, new_phone=number))
    codes = SmsCodes(api.store, Clock(), AUTH)
    await codes.request("new_phone", new_phone_holder(SECRET, user.id, number), "en")


async def confirm(person: Client, code: str) -> Reply:
    return await person.post("/me/phone/confirmation", {"code": code})


async def sign_in(api: Api, phone: str) -> int:
    return (await api.anonymous().post("/auth/sign-in", {"phone": phone, "password": PASSWORD})).status


async def test_the_number_moves_with_the_code_and_the_old_one_is_told(api: Api, sent: Sent) -> None:
    person = await api.person("rider", phone=(old := new_phone()))
    other_session = Client(api, "198.18.7.7", await api.auth.sign_in(old, PASSWORD))
    new = new_phone()
    assert (await ask(person, old)).body["errors"][0]["code"] == "same"
    assert (await ask(person, new)).status == 202
    assert (await person.get("/me")).body["new_phone"] == new
    code = await code_for(api, person, new)
    assert await sent.deliver() == [(new, sent.texts[0][1])] and code in sent.texts[0][1]
    assert (await confirm(person, another_code(code))).code == "code_wrong"
    assert await sign_in(api, old) == 200, "nothing has changed yet"

    moved = await confirm(person, code)
    assert (moved.status, moved.body["phone"], moved.body["new_phone"]) == (200, new, None)
    assert (await confirm(person, code)).code == "code_ended"
    assert (await sign_in(api, old), await sign_in(api, new)) == (401, 200)
    assert (await other_session.get("/me")).status == 200, "sessions stay"
    [(told, text)] = await sent.deliver()
    assert told == old and "another phone number" in text
    user = await api.store.collection(USERS).get(person.user_id)
    assert user is not None and user.old_phones is None


async def test_a_session_that_is_not_new_needs_the_password(api: Api) -> None:
    person = await api.person("rider")
    assert person.grant is not None
    sessions = api.store.collection(SESSIONS)
    session = await sessions.get(person.grant.session_id)
    assert session is not None
    await sessions.save(replace(session, created_at=session.created_at - timedelta(minutes=11)))
    new = new_phone()
    assert (await ask(person, new)).code == "password_required"
    wrong = await ask(person, new, password="not this one")
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "password")
    assert (await person.get("/me")).body["new_phone"] is None
    assert (await ask(person, new, password=PASSWORD)).status == 202


async def test_a_number_that_is_taken_gets_the_same_answers_and_its_owner_a_text(
    api: Api, sent: Sent
) -> None:
    await api.person("rider", phone=(taken := new_phone()))
    seen = {}
    for phone in (taken, new_phone()):
        person = await api.person("rider")
        reply = await ask(person, phone)
        wrong = await confirm(person, "000000")
        seen[phone] = (reply.status, reply.body, wrong.status, wrong.code)
        texts = await sent.deliver()
        assert [to for to, _ in texts] == [phone]
        assert ("It stays yours" in texts[0][1]) == (phone == taken)
    assert len({str(answers) for answers in seen.values()}) == 1


async def test_a_code_is_good_only_for_the_number_that_it_was_sent_to(api: Api) -> None:
    person = await api.person("rider")
    first, second = new_phone(), new_phone()
    await ask(person, first)
    code = await code_for(api, person, first)
    assert (await ask(person, second)).code == "rate_limited", "it has the pause of texts to one number"
    assert (await person.get("/me")).body["new_phone"] == first
    await want(api, person, second)
    if await code_for(api, person, second) != code:
        assert (await confirm(person, code)).code == "code_wrong"
    assert (await confirm(person, await code_for(api, person, second))).body["phone"] == second


async def test_of_two_accounts_that_want_a_number_one_gets_it(api: Api) -> None:
    people = [await api.person("rider") for _ in range(2)]
    number = new_phone()
    for person in people:
        await want(api, person, number)
    replies = await asyncio.gather(
        *[confirm(person, await code_for(api, person, number)) for person in people]
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert [reply.code for reply in replies if reply.status == 409] == ["phone_taken"]


async def test_a_code_has_five_tries_and_an_account_a_limit_of_texts(api: Api) -> None:
    person, number = await api.person("rider"), new_phone()
    await ask(person, number)
    code = await code_for(api, person, number)
    for _ in range(TRIES_MAX):
        assert (await confirm(person, another_code(code))).code == "code_wrong"
    assert (await confirm(person, code)).code == "code_ended"
    assert (await ask(person, new_phone())).code == "rate_limited", "whatever the number"


async def test_preferences_are_changed_in_part(api: Api) -> None:
    person = await api.person("rider")
    before = (await person.get("/me")).body["preferences"]
    assert before == {
        "language": "en",
        "units": "metric",
        "notifications": {"push": True, "sms": True, "email": True},
        "accessibility": None,
    }
    given = {"language": "es", "notifications": {"sms": False}, "accessibility": " I hear badly "}
    changed = await person.patch("/me", {"preferences": given})
    assert changed.body["preferences"] == {
        "language": "es",
        "units": "metric",
        "notifications": {"push": True, "sms": False, "email": True},
        "accessibility": "I hear badly",
    }
    assert (await person.patch("/me", {"name": "Rika"})).body["preferences"]["language"] == "es"
    french = await person.patch("/me", {"preferences": {"language": "fr"}})
    assert french.body["preferences"]["language"] == "fr"
    cleared = await person.patch("/me", {"preferences": {"accessibility": None}})
    assert cleared.body["preferences"]["accessibility"] is None
    wrong = await person.patch("/me", {"preferences": {"units": "leagues"}})
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "preferences.units")
