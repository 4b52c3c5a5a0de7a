"""Staging and production refuse weak secrets, plain connections that leave the machine, and debugging."""

from __future__ import annotations

from pathlib import Path

import pytest

from supportcarr.bootstrap.profile_rules import insecure_settings, plain_hosts, refuse_insecure
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.runtime.settings import PREFIX, SettingsError, declared, is_required
from supportcarr.providers.vapid import new_private_key

RANDOM = "nV5tq0zJ8mW2cXrB7yLpK4sD9fHgA1eU"
REQUIRED = [name.removeprefix(PREFIX) for _, _, name, meta in declared(Settings) if is_required(meta)]
SECRETS = dict.fromkeys(REQUIRED, RANDOM) | {
    "AUTH_TOKEN_SECRETS": f"k1:{RANDOM}",
    "STRIPE_API_KEY": f"sk_live_{RANDOM}",
    "TWILIO_FROM_NUMBER": "+15145550100",
}


def found(tmp_path: Path, profile: str = "production", **changed: str) -> list[str]:
    given = {"DATA": str(tmp_path), "PROFILE": profile} | SECRETS | changed
    settings = load_settings({PREFIX + name: value for name, value in given.items()}, dotenv=None)
    return insecure_settings(settings, {})


@pytest.mark.parametrize("profile", ["staging", "production"])
def test_secure_settings_are_allowed(tmp_path: Path, profile: str) -> None:
    secure = {
        "PUBLIC_URL": "https://supportcarr.example",
        "REALTIME_URL": "https://rt.supportcarr.example",
        "STORE_URL": "mongodb+srv://u:p@db.supportcarr.example/app",
        "REDIS_URL": "rediss://:p@redis.supportcarr.example:6379",
        "CACHE_URL": "unix:///run/redis.sock",
        "STRIPE_API_BASE": "http://127.0.0.1:12111",
    }
    assert found(tmp_path, profile, **secure) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_TOKEN_SECRETS", f"k1:{RANDOM},k2:{'x' * 40}"),
        ("AUTH_LOOKUP_SECRET", "nV5tq0zJ8mW2cXrB7yLpK4"),
        ("QUOTES_SECRET", "changeme-changeme-changeme-0123456789"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_1"),
        ("STRIPE_API_KEY", f"sk_test_{RANDOM}"),
        ("IDENTITY_CHECKS_API_KEY", "short"),
        ("BACKGROUND_CHECKS_WEBHOOK_SECRET", "changeme-changeme-changeme"),
        ("BACKGROUND_CHECKS_WEBHOOK_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("STORE_URL", "mongodb://db.example/app"),
        ("STORE_URL", "mongodb://127.0.0.1,db.example/app"),
        ("STORE_URL", "mongodb://db.example/app?tls=true&tlsAllowInvalidCertificates=true"),
        ("STORE_URL", "mongodb+srv://db.example/app?tls=false"),
        ("REDIS_URL", "redis://:secret@10.0.0.5:6379"),
        ("CACHE_URL", "redis://cache:6379"),
        ("STRIPE_API_BASE", "http://stripe.example"),
        ("PUBLIC_URL", "http://supportcarr.example"),
        ("REALTIME_URL", "http://rt.supportcarr.example"),
        ("ALLOWED_ORIGINS", "https://a.example, http://b.example"),
        ("HOST", "0.0.0.0"),
        ("LOG_LEVEL", "debug"),
        ("AUTH_BCRYPT_COST", "11"),
        ("OUTBOUND_ALLOW_LOOPBACK", "true"),
        ("PUSH_EMULATOR_URL", "http://127.0.0.1:8002"),
    ],
)
def test_each_of_these_is_refused_by_its_name_and_shown_to_nobody(
    tmp_path: Path, name: str, value: str
) -> None:
    [said] = found(tmp_path, **{name: value})
    assert said.startswith(f"SUPPORTCARR_{name} is not allowed in production: ")
    assert RANDOM not in said
    assert "secret@" not in said
    assert found(tmp_path, "local", **{name: value}) == []


def test_staging_may_use_test_keys(tmp_path: Path) -> None:
    assert found(tmp_path, "staging", STRIPE_API_KEY=f"sk_test_{RANDOM}") == []


def test_what_the_local_profile_generated_is_refused(tmp_path: Path) -> None:
    local = load_settings({f"{PREFIX}DATA": str(tmp_path)}, dotenv=None)
    [said] = found(tmp_path, QUOTES_SECRET=local.quotes.secret)
    assert "QUOTES_SECRET" in said
    assert "generated" in said
    [said] = found(tmp_path, PUSH_VAPID_PRIVATE_KEY=local.push.vapid_private_key)
    assert "PUSH_VAPID_PRIVATE_KEY" in said
    assert "generated" in said
    assert found(tmp_path, PUSH_VAPID_PRIVATE_KEY=new_private_key()) == []


def test_every_finding_is_named_at_once(tmp_path: Path) -> None:
    given = {"DATA": str(tmp_path), "PROFILE": "staging", "LOG_LEVEL": "debug", "HOST": "0.0.0.0"} | SECRETS
    settings = load_settings({PREFIX + name: value for name, value in given.items()}, dotenv=None)
    with pytest.raises(SettingsError, match=r"(?s)SUPPORTCARR_HOST.*SUPPORTCARR_LOG_LEVEL"):
        refuse_insecure(settings)
    assert len(insecure_settings(settings, {"PYTHONASYNCIODEBUG": "1"})) == 3


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("mongodb://[::1]:27017,127.0.0.1/app", []),
        ("mongodb://%2Frun%2Fmongodb.sock/app", []),
        ("mongodb://u:p@a.example:1,b.example:2/app?ssl=true", []),
        ("mongodb://u:p@a.example:1,b.example:2/app?ssl=false", ["a.example", "b.example"]),
        ("redis://localhost:6379", []),
        ("rediss://redis.example", []),
        ("http://[fe80::1]:80", ["fe80::1"]),
        ("https://a.example,http://127.0.0.2", []),
        ("http://127.0.0.1.example", ["127.0.0.1.example"]),
    ],
)
def test_hosts_that_are_reached_without_tls(url: str, hosts: list[str]) -> None:
    assert plain_hosts(url) == hosts
