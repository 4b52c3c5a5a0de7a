"""Access tokens: signed by the first secret, verified by any, cached, and refused when revoked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from msgspec.structs import replace

from supportcarr.auth.access_tokens import CACHED_TOKENS_MAX, AccessTokens
from supportcarr.auth.model import User
from supportcarr.auth.ports import RevocationListener
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Unauthenticated

OLD, NEW = "old:" + "o" * 32, "new:" + "n" * 32
ANA = User(
    id="usr_1",
    version=4,
    phone="+15145550142",
    phone_key="k",
    name="Ana",
    password_hash="x",
    roles=("driver", "rider"),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class WallClock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class FakeRevocations(set[str]):
    """Revoked sessions known to the process; ``unknown`` ones are revoked elsewhere."""

    def __init__(self, *unknown: str) -> None:
        super().__init__()
        self.unknown = unknown
        self.first_versions: dict[str, int] = {}

    @property
    def known(self) -> set[str]:
        return self

    def first_version_of(self, user_id: str) -> int:
        return self.first_versions.get(user_id, 0)

    def on_revoked(self, listener: RevocationListener) -> None:
        self.listener = listener

    def revoke_tokens_of(self, user_id: str, first_version: int) -> None:
        self.first_versions[user_id] = first_version
        self.listener(frozenset(), {user_id})

    def stale(self) -> bool:
        return bool(self.unknown)

    async def confirm(self, principal: Principal) -> None:
        if principal.session_id in self.unknown:
            raise Unauthenticated


def tokens(
    secrets: str = NEW, revoked: FakeRevocations | None = None, wall: WallClock | None = None
) -> AccessTokens:
    known = FakeRevocations() if revoked is None else revoked
    return AccessTokens(
        AuthSettings(token_secrets=secrets, access_seconds=900), known, wall=wall or WallClock()
    )


def test_a_token_identifies_its_principal() -> None:
    issuer = tokens()
    for _ in range(2):  # verified, then cached
        principal = issuer.verify(issuer.issue(ANA, "ses_1").encode())
        assert (principal.user_id, principal.session_id) == ("usr_1", "ses_1")
        assert principal.roles == {"driver", "rider"}


def test_rotated_secrets_keep_sessions_valid() -> None:
    before, during, after = tokens(OLD), tokens(f"{NEW},{OLD}"), tokens(NEW)
    old, new = before.issue(ANA, "ses_1").encode(), during.issue(ANA, "ses_1").encode()
    assert during.verify(old).user_id == during.verify(new).user_id == after.verify(new).user_id == "usr_1"
    with pytest.raises(Unauthenticated):
        after.verify(old)


def test_a_cached_token_expires() -> None:
    wall = WallClock()
    issuer = tokens(wall=wall)
    token = issuer.issue(ANA, "ses_1").encode()
    wall.now += 899
    issuer.verify(token)
    wall.now += 1
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            issuer.verify(token)


def test_a_cached_token_of_a_revoked_session_is_refused() -> None:
    revoked = FakeRevocations()
    issuer, verifier = tokens(), tokens(revoked=revoked)
    token = issuer.issue(ANA, "ses_1").encode()
    verifier.verify(token)
    revoked.add("ses_1")
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_a_cached_token_with_old_roles_or_of_a_banned_account_is_refused() -> None:
    revoked = FakeRevocations()
    verifier = tokens(revoked=revoked)
    old, another = verifier.issue(ANA, "ses_1"), verifier.issue(replace(ANA, id="usr_2"), "ses_2")
    assert verifier.verify(old.encode()).account_version == 4
    verifier.verify(another.encode())
    revoked.revoke_tokens_of("usr_1", 5)
    with pytest.raises(Unauthenticated):
        verifier.verify(old.encode())
    verifier.verify(another.encode())
    fresh = verifier.issue(replace(ANA, version=5, roles=("rider",)), "ses_1")
    assert verifier.verify(fresh.encode()).roles == {"rider"}, "the session goes on, with the new roles"


@pytest.mark.parametrize("off", [-60, 60])
def test_a_token_of_a_process_whose_clock_is_a_minute_off_is_accepted(off: float) -> None:
    there = WallClock()
    there.now += off
    token = tokens(wall=there).issue(ANA, "ses_1").encode()
    assert tokens().verify(token).user_id == "usr_1"


def test_a_token_of_the_far_future_is_refused() -> None:
    there = WallClock()
    there.now += 62
    with pytest.raises(Unauthenticated):
        tokens().verify(tokens(wall=there).issue(ANA, "ses_1").encode())


class FakeUse(list[str]):
    def note_use(self, session_id: str) -> None:
        self.append(session_id)


def test_the_use_of_a_session_is_noted_every_few_minutes() -> None:
    wall, used = WallClock(), FakeUse()
    settings = AuthSettings(token_secrets=NEW, access_seconds=900)
    verifier = AccessTokens(settings, FakeRevocations(), wall=wall, sessions=used)
    token = verifier.issue(ANA, "ses_1").encode()
    for _ in range(100):  # over 15 minutes
        verifier.verify(token)
        wall.now += 8.9
    assert 3 <= len(used) <= 4


async def test_a_stale_process_confirms_sessions() -> None:
    verifier = tokens(revoked=FakeRevocations("ses_1"))
    gone, living = (verifier.verify(tokens().issue(ANA, f"ses_{n}").encode()) for n in (1, 2))
    assert verifier.stale()
    await verifier.confirm(living)
    with pytest.raises(Unauthenticated):
        await verifier.confirm(gone)
    assert not tokens().stale()


def forged(
    claims: dict[str, object], *, algorithm: str = "HS256", kid: str = "new", secret: str = "n" * 32
) -> bytes:
    key = OctKey.import_key(secret)
    return jwt.encode({"alg": algorithm, "kid": kid}, claims, key, algorithms=[algorithm]).encode()


CLAIMS = {"sub": "usr_1", "sid": "ses_1", "roles": ["admin"], "ver": 1, "exp": 1_900_000_000}


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b"a.b.c",
        b"\xff\xfe",
        b"x" * 5000,
        forged(CLAIMS, secret="f" * 32),
        forged(CLAIMS, kid="unknown"),
        forged(CLAIMS, algorithm="HS512"),
        forged({**CLAIMS, "roles": "admin"}),
        forged({**CLAIMS, "exp": "never"}),
        forged({"sub": "usr_1"}),
        b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMSJ9.",
    ],
)
def test_a_forged_token_is_refused(token: bytes) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(token)


def test_a_token_signed_by_another_process_is_accepted() -> None:
    assert tokens().verify(forged(CLAIMS)).roles == {"admin"}


def test_the_cache_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CACHED_TOKENS_MAX >= 1000
    monkeypatch.setattr("supportcarr.auth.access_tokens.CACHED_TOKENS_MAX", 3)
    issuer = tokens()
    issued = [issuer.issue(ANA, f"ses_{n}").encode() for n in range(6)]
    for token in issued:
        issuer.verify(token)
    assert list(issuer._verified) == issued[-3:]
    assert issuer.verify(issued[0]).session_id == "ses_0"


@pytest.mark.parametrize("secrets", ["", "short:abc", "nokid" + "x" * 40, ":" + "x" * 40])
def test_an_invalid_secret_is_refused_at_start(secrets: str) -> None:
    with pytest.raises(ValueError, match="KID:SECRET"):
        tokens(secrets)
