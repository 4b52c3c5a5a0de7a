"""Signing keys: derived, rotated while processes run, and looked up once if they are unknown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey

from support.store.memory import MemoryStore
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.model import User
from supportcarr.auth.ports import RevocationListener
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.signing_keys import ACTIVATION_SECONDS, SIGNING_KEYS, SigningKeys
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Overloaded, Unauthenticated, UnknownSigningKey
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import StoreUnavailable

SECRET, NEXT_SECRET = "k1:" + "o" * 32, "k2:" + "n" * 32
LIFETIME, DAY = 900, 86_400
ANA = User(
    id="usr_1",
    version=1,
    phone="+15145550142",
    phone_key="k",
    name="Ana",
    password_hash="x",
    roles=("rider",),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class NothingIsRevoked:
    known: frozenset[str] = frozenset()

    def first_version_of(self, user_id: str) -> int:
        return 0

    def on_revoked(self, listener: RevocationListener) -> None:
        pass

    def stale(self) -> bool:
        return False

    async def confirm(self, principal: Principal) -> None:
        pass


class Process:
    """The keys and tokens of one process; all processes share the time."""

    now = 1_800_000_000.0

    def __init__(self, store: MemoryStore, secrets: str = SECRET) -> None:
        settings = AuthSettings(token_secrets=secrets, access_seconds=LIFETIME)
        clock = Clock(wall=lambda: Process.now)
        self.keys = SigningKeys(settings, store, clock, monotonic=lambda: Process.now)
        self.tokens = AccessTokens(settings, NothingIsRevoked(), self.keys, wall=lambda: Process.now)

    def issue(self) -> bytes:
        return self.tokens.issue(ANA, "ses_1").encode()

    def accepts(self, token: bytes) -> bool:
        try:
            self.tokens.verify(token)
        except Unauthenticated:
            return False
        return True

    async def accepts_request(self, token: bytes) -> bool:
        """As the gateway does: look an unknown key up."""
        try:
            self.tokens.verify(token)
        except UnknownSigningKey:
            try:
                await self.tokens.verify_with_new_keys(token)
            except Unauthenticated:
                return False
        except Unauthenticated:
            return False
        return True


def kid_of(token: bytes) -> str:
    return str(jws.extract_compact(token).headers()["kid"])


@pytest.fixture
async def store() -> MemoryStore:
    Process.now = 1_800_000_000.0
    store = MemoryStore()
    store.collection(SIGNING_KEYS)
    await store.open()
    return store


async def test_a_rotation_refuses_no_token_in_any_process(store: MemoryStore) -> None:
    here, there = Process(store), Process(store)
    first = here.issue()
    assert kid_of(first) == "k1", "without a stored key the secret of the settings signs"
    key = await here.keys.rotate()
    assert kid_of(here.issue()) == "k1", "not before the others can know the new one"
    Process.now += ACTIVATION_SECONDS
    second = here.issue()
    assert kid_of(second) == key.id
    await there.keys.load()
    assert there.accepts(first)
    assert there.accepts(second)
    assert kid_of(there.issue()) == key.id
    Process.now += LIFETIME - 1
    assert not there.accepts(first), "it has expired"
    assert there.accepts(second)


async def test_a_process_that_has_not_heard_of_a_key_looks_it_up(store: MemoryStore) -> None:
    here, there = Process(store), Process(store)
    await there.keys.load()
    await here.keys.rotate()
    Process.now += ACTIVATION_SECONDS
    assert await there.accepts_request(here.issue())


async def test_invented_kids_cause_no_more_than_a_few_reads(store: MemoryStore) -> None:
    process = Process(store)
    await process.keys.load()
    for kid in ("key_01jtwn00000000000000000009", "../../etc/passwd", "k9", "", "' OR 1=1", ["k1"], None, 7):
        header = {"alg": "HS256"} | ({} if kid is None else {"kid": kid})
        key = OctKey.import_key("o" * 32)
        claims = {"sub": "usr_1", "sid": "s", "roles": ["admin"], "ver": 1, "exp": Process.now + 60}
        try:
            token = jwt.encode(header, claims, key, algorithms=["HS256"]).encode()
        except Exception:
            continue  # joserfc itself refuses to write such a header
        for _ in range(50):
            assert not await process.accepts_request(token)
            Process.now += 0.01
    assert process.keys.stats()["look_ups_total"] <= 4


async def test_an_unknown_key_is_no_refusal_while_the_store_is_down(store: MemoryStore) -> None:
    here, there = Process(store), Process(store)
    await here.keys.rotate()
    Process.now += ACTIVATION_SECONDS
    token = here.issue()

    async def fails(*_: object, **__: object) -> None:
        raise StoreUnavailable

    there.keys._collection.find = fails  # type: ignore[union-attr,method-assign]
    with pytest.raises(UnknownSigningKey):
        there.tokens.verify(token)
    with pytest.raises(Overloaded):
        await there.tokens.verify_with_new_keys(token)


async def test_keys_are_rotated_on_schedule_and_deleted_when_their_tokens_have_expired(
    store: MemoryStore,
) -> None:
    process = Process(store)
    for _ in range(3 * 24 * 31):
        await process.keys.keep_fresh()
        Process.now += 3600
        assert process.accepts(process.issue())
    stored = (await store.collection(SIGNING_KEYS).find()).items
    assert len(stored) == 1
    assert [state for *_, state in process.keys.describe()] == ["signs"]


async def test_a_new_first_secret_brings_a_new_key_and_signs_nobody_out(store: MemoryStore) -> None:
    before = Process(store)
    await before.keys.keep_fresh()
    Process.now += ACTIVATION_SECONDS
    old = before.issue()
    during = Process(store, f"{NEXT_SECRET},{SECRET}")  # every process has this before k1 goes
    await during.keys.keep_fresh()
    Process.now += ACTIVATION_SECONDS
    assert during.accepts(old)
    assert during.accepts(during.issue())
    assert [root for _, root, *_ in during.keys.describe()] == ["k1", "k2"]
    after = Process(store, NEXT_SECRET)
    await after.keys.load()
    assert after.accepts(during.issue())
    assert not after.accepts(old), "its secret is gone"


async def test_after_a_leak_older_keys_are_refused_at_once(store: MemoryStore) -> None:
    here, there = Process(store), Process(store)
    await here.keys.keep_fresh()
    Process.now += ACTIVATION_SECONDS
    await there.keys.load()
    old = there.issue()
    assert here.accepts(old)  # and cached
    waiting = await here.keys.rotate()  # stored, and known to whoever has the leak
    key = await here.keys.rotate(exclusive=True)
    assert here.keys.find(waiting.id) is None
    assert not here.accepts(old)
    assert kid_of(here.issue()) == key.id
    await there.keys.load()
    assert not there.accepts(old)
    for _ in range(10):  # what is refused stays refused when keys are deleted
        Process.now += 600
        await here.keys.keep_fresh()
    assert kid_of(here.issue()) == key.id
    assert [key_id for key_id, *_ in here.keys.describe()] == [key.id]
    forged = Process(store).issue()  # by the secret of the settings alone
    assert kid_of(forged) == "k1"
    assert not there.accepts(forged)


async def test_a_key_whose_id_is_later_is_refused_after_a_leak(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same millisecond, or of a process whose clock is ahead."""
    here = Process(store)
    ahead = "key_" + "7" + "z" * 25
    with monkeypatch.context() as patch:
        patch.setattr("supportcarr.auth.signing_keys.new_id", lambda _: ahead)
        leaked = await here.keys.rotate()
    key = await here.keys.rotate(exclusive=True)
    assert leaked.id == ahead > key.id
    Process.now += 2 * ACTIVATION_SECONDS
    await here.keys.keep_fresh()
    assert here.keys.find(leaked.id) is None
    assert kid_of(here.issue()) == key.id


async def test_neither_the_store_nor_the_settings_alone_can_sign(store: MemoryStore) -> None:
    process = Process(store)
    key = await process.keys.rotate()
    Process.now += ACTIVATION_SECONDS + LIFETIME + 121
    claims = {"sub": "usr_1", "sid": "s", "roles": ["admin"], "ver": 1, "exp": Process.now + 60}
    for kid, secret in ((key.id, key.seed), (key.id, "o" * 32), ("k1", "o" * 32)):
        header = {"alg": "HS256", "kid": kid}
        token = jwt.encode(header, claims, OctKey.import_key(secret), algorithms=["HS256"])
        assert not process.accepts(token.encode())
