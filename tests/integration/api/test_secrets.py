"""Secrets do not appear in logs, metrics, public files, on disk or in Redis."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from support.http.route_calls import REASON, sign_up_body
from support.http.server import PASSWORD, Client, new_address
from support.payments.world import API_KEY, WEBHOOK_SECRET
from support.platform.in_process import (
    LOOKUP_SECRET,
    QUOTES_SECRET,
    TOKEN_SECRET,
    CheckedClient,
    Platform,
    running_platform,
)
from support.rescues.fixtures import PICKUP, RescueFactory, expect
from support.sms import another_code
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.settings import LogSettings
from supportcarr_lab.emulators.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUR_SECRETS = (TOKEN_SECRET, LOOKUP_SECRET, QUOTES_SECRET, API_KEY, WEBHOOK_SECRET)
# Digits that no time and no duration of a log line has by chance.
HERE = PICKUP | {"lat": 45.523071, "lng": -73.582043}
THERE = {"lat": 45.534029, "lng": -73.601083}
NOTE, MESSAGE, WORDS = "Ring at the blue door", "I stand under the oak", "My cousin came by"


@dataclass
class Secrets:
    """Secrets that were sent to a platform, and the places where they must not appear."""

    platform: Platform
    folder: Path
    log: Path
    passwords: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)  # by SMS, as they would stand in a text or in JSON
    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secrets]:
    """A platform that logs to a file, after a rescue and every kind of error."""
    folder = tmp_path_factory.mktemp("secrets")
    log = folder / "log.jsonl"
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    logs.configure(LogSettings(level="debug"), descriptor=descriptor)
    try:
        async with running_platform(folder / "data") as platform:
            sent = Secrets(platform, folder / "data", log)
            await run_a_rescue(sent)
            await platform.settle()
            writer = logs.access_writer("debug")
            assert writer is not None
            writer.flush()
            yield sent
    finally:
        logs.shut_down()
        os.close(descriptor)


async def run_a_rescue(sent: Secrets) -> None:
    """Run a complete rescue, and requests with secrets in places that a careless log would include."""
    platform = sent.platform
    factory, anybody = RescueFactory(platform), platform.anonymous()
    signed_up = sign_up_body(password="a very own password", name="Zebulon Quirk")
    grant = expect(await anybody.create("/auth/sign-up", signed_up), 201)
    await platform.settle()
    [text] = await platform.emulator.texts(signed_up["phone"])
    code = text["body"][:6]
    sent.codes = [f'"{code}"', f"'{code}'", text["body"]]
    owner = CheckedClient(platform.api, platform.contract, anybody.address)
    owner.token = grant["access_token"]
    for digits in (another_code(code), code):
        await owner.post("/auth/phone-verification", {"code": digits})
    expect(await anybody.post("/auth/sign-in", {k: signed_up[k] for k in ("phone", "password")}), 200)
    await anybody.post("/auth/sign-in", {"phone": signed_up["phone"], "password": "a wrong password"})
    await anybody.create("/auth/sign-up", signed_up)
    refreshed = expect(await anybody.post("/auth/refresh", {"refresh_token": grant["refresh_token"]}), 200)
    await anybody.post("/auth/refresh", {"refresh_token": grant["refresh_token"]})  # reused

    prepared = await factory.arrived()
    pin = (await prepared.view())["pin"]
    expect(await prepared.rider.post(f"{prepared.path}/messages", {"text": MESSAGE}), 201)
    await prepared.driver_posts("start", {"pin": f"{(int(pin) + 1) % 10_000:04}"})
    expect(await prepared.driver_posts("start", {"pin": pin}), 200)
    expect(await prepared.driver_posts("completion", {"outcome": "delivered"}), 200)
    other, card = await factory.rider()
    quote = expect(await other.post("/quotes", {**_quote(), "problem": "other"}), 201)["id"]
    body = {"quote_id": quote, "payment_method_id": card, "note": NOTE}
    rescue = expect(await other.create("/rescues", body), 201)["id"]
    await platform.settle()
    expect(await other.post(f"/rescues/{rescue}/cancellation", {"reason": WORDS}), 200)

    token = str(prepared.rider.token)
    await anybody.get(f"/me?access_token={token}")
    for misplaced in (token, signed_up["phone"], signed_up["password"]):
        await anybody.get(f"/rescues/{misplaced}")
        await anybody.get(f"/{misplaced}")
    await anybody.get("/me", headers={"authorization": f"Bearer {token}x"})
    await prepared.rider.get(f"/coverage?lat={signed_up['phone']}&lng=1")
    await prepared.rider.post("/quotes", raw=f'{{"password":"{signed_up["password"]}",'.encode())
    await prepared.rider.post("/quotes", {"phone": signed_up["phone"]})
    await prepared.rider.post("/quotes", REASON, headers={"content-type": f"text/{signed_up['password']}"})
    await raise_internal_error(platform, token, signed_up["phone"])

    sent.passwords = [signed_up["password"], "a wrong password", PASSWORD]
    for session in (grant, refreshed):
        sent.tokens += [session["access_token"], session["refresh_token"]]
    people = (prepared.rider, prepared.assigned_driver, other)
    sent.tokens += [str(person.token) for person in people]
    sent.phones = [signed_up["phone"], *(p.grant.user.phone for p in people if p.grant)]
    sent.pins = [f'"pin":"{pin}"', f'"pin": "{pin}"', f"'{pin}'", f'"{pin}"', f"pin={pin}"]
    sent.ids = [prepared.rescue_id, prepared.rider.user_id, prepared.assigned_driver.user_id, rescue]
    sent.texts = [NOTE, MESSAGE, WORDS, "Zebulon", "Quirk", str(PICKUP["address"])]


def _quote() -> dict[str, Any]:
    return {"kind": "rescue", "pickup": HERE, "dropoff": THERE}


async def raise_internal_error(platform: Platform, token: str, phone: str) -> None:
    """Raise an internal error in a request, whose message quotes personal data.

    Its traceback is logged and not returned.
    """

    quoted = {"phone": phone, "address": HERE["address"], "name": "Zebulon Quirk", "lat": HERE["lat"]}

    async def broken(*_: Any) -> Any:
        try:
            raise KeyError("Zebulon Quirk")
        except KeyError:
            raise RuntimeError(f"a fault of ours: {phone} at {HERE['lat']} said {token}: {quoted}") from None

    patched = pytest.MonkeyPatch()
    patched.setattr(platform.container.rescue_queries, "list_rescues", broken)
    try:
        client = Client(platform.api, new_address())
        headers = {"authorization": f"Bearer {token}"}
        reply = await client.get("/rescues", headers=headers)
    finally:
        patched.undo()
    assert (reply.status, reply.code) == (500, "internal_error")
    assert "fault" not in str(reply.body)


def secrets_in(text: str, *words: str) -> list[str]:
    return [word for word in words if word in text]


async def test_log_lines_are_json_and_contain_only_ids(sent: Secrets) -> None:
    text = sent.log.read_text()
    lines = [msgspec.json.decode(line) for line in text.splitlines()]
    assert len(lines) > 40
    assert {"at", "level", "event"} <= set.intersection(*(set(line) for line in lines))
    assert "a fault of ours" in text  # internal errors are logged with their traceback
    assert sent.ids[0] in text
    national = [phone.removeprefix("+1") for phone in sent.phones]
    assert secrets_in(text, *sent.passwords, *sent.tokens, *sent.phones, *national, *OUR_SECRETS) == []
    assert secrets_in(text, *sent.pins, *sent.codes, *sent.texts) == []
    positions = [str(place[axis]) for place in (HERE, THERE) for axis in ("lat", "lng")]
    assert secrets_in(text, *positions) == []
    assert "Bearer" not in text


async def test_metrics_contain_routes_and_no_personal_data(sent: Secrets) -> None:
    text = sent.platform.api.metrics.render().decode()
    assert "/api/v1/rescues/{rescue_id}" in text
    assert secrets_in(text, *sent.passwords, *sent.tokens, *sent.phones, *sent.ids, *sent.texts) == []


async def test_public_files_contain_no_secret(sent: Secrets) -> None:
    platform = sent.platform
    anybody = platform.anonymous()
    paths = ["//config.json", "//openapi.json", "//healthz", "//readyz"]
    redis_password = platform.redis_server.password
    inside = (*OUR_SECRETS, redis_password, platform.redis_server.url, str(sent.folder), "whsec_", "sk_test")
    for path in paths:
        reply = await anybody.get(path)
        assert reply.status == 200, path
        text = (
            reply.body.decode() if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body).decode()
        )
        assert secrets_in(text, *inside) == [], path


async def test_passwords_and_tokens_are_not_stored_on_disk_or_in_redis(sent: Secrets) -> None:
    """Only hashes are stored, so stolen files do not allow anyone to sign in."""
    values = [*sent.passwords, *sent.tokens, *sent.codes]
    stored = b"".join(path.read_bytes() for path in sent.folder.glob("store.sqlite3*"))
    assert sent.ids[0].encode() in stored
    assert [secret for secret in values if secret.encode() in stored] == []
    redis = sent.platform.container.redis.durable
    kept = b"".join([await redis.call("DUMP", key) or b"" for key in await redis.call("KEYS", "*")])
    assert [secret for secret in (*values, *sent.phones) if secret.encode() in kept] == []


async def test_emulators_do_not_change_the_logging(tmp_path: Path) -> None:
    """A framework that configures logging itself would write lines that are not JSON."""
    before = list(logging.getLogger().handlers)
    create_app(data=tmp_path, api_key="sk", webhook_secret="whsec", webhook_url=None)
    assert logging.getLogger().handlers == before
