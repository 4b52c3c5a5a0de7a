"""Passwords: hashed in a thread pool, refused if bcrypt would truncate them or too many wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import bcrypt
import pytest

from supportcarr.auth import passwords
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, RateLimited

SETTINGS = AuthSettings(bcrypt_cost=4, bcrypt_threads=1)


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    created = PasswordHasher(SETTINGS, deadline_seconds=120)  # a busy machine
    yield created
    created.close()


async def test_a_password_matches_its_hash_and_no_other(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash("correct horse")
    assert hashed.startswith("$2b$04$")
    assert await hasher.verify("correct horse", hashed)
    assert not await hasher.verify("correct horsf", hashed)


async def test_an_unknown_account_takes_as_long_as_a_wrong_password(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bytes] = []
    real = bcrypt.checkpw

    def spy(password: bytes, hashed: bytes) -> bool:
        calls.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", spy)
    assert not await hasher.verify("correct horse", None)
    assert [call[:7] for call in calls] == [b"$2b$04$"]


async def test_requests_beyond_the_queue_are_refused_immediately(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: release.wait(60))
    waiting = [asyncio.create_task(hasher.verify("correct horse", "x")) for _ in range(passwords.MAX_QUEUED)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await hasher.verify("correct horse", "x")
    assert refused.value.retry_after
    release.set()
    assert all(await asyncio.gather(*waiting))
    assert await hasher.verify("correct horse", "x")


async def test_a_client_has_its_share_of_the_queue_and_waits_for_its_own_hashes(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: release.wait(60))
    order: list[str] = []

    async def verify(client: str) -> None:
        await hasher.verify("correct horse", "x", client)
        order.append(client)

    share = passwords.MAX_QUEUED_OF_CLIENT
    greedy = [asyncio.create_task(verify("192.0.2.1")) for _ in range(share)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited) as refused:
        await verify("192.0.2.1")
    assert refused.value.retry_after
    other = asyncio.create_task(verify("192.0.2.2"))
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(*greedy, other)
    assert order[:2] == ["192.0.2.1", "192.0.2.2"]  # it waited for one hash only
    assert not hasher._clients


async def test_a_request_past_the_deadline_is_refused_and_leaves_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: release.wait(60))
    hasher = PasswordHasher(SETTINGS, deadline_seconds=0.01)
    with pytest.raises(Overloaded):
        await hasher.verify("correct horse", "x")
    assert hasher._queued == 0
    release.set()
    hasher.close()
