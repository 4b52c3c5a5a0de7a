"""The platform's settings: unique documented names, required secrets, bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.runtime.settings import SettingsError, declared, is_required

REQUIRED = [name for _, _, name, meta in declared(Settings) if is_required(meta)]


def given(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SUPPORTCARR_DATA": str(tmp_path)} | {f"SUPPORTCARR_{k}": v for k, v in more.items()}


def test_generated_token_secrets_have_a_key_id(tmp_path: Path) -> None:
    assert load_settings(given(tmp_path), dotenv=None).auth.token_secrets.startswith("k1:")


@pytest.mark.parametrize("missing", REQUIRED)
def test_production_refuses_to_start_without_each_secret(tmp_path: Path, missing: str) -> None:
    environment = given(tmp_path, PROFILE="production") | dict.fromkeys(REQUIRED, "k1:" + "x" * 40)
    environment["SUPPORTCARR_TWILIO_FROM_NUMBER"] = "+15145550100"
    load_settings(environment, dotenv=None)
    del environment[missing]
    with pytest.raises(SettingsError, match=missing):
        load_settings(environment, dotenv=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("PORT", "x"), ("CITY_SPEED", "-1"), ("LIMITS_LEASE", "65"), ("LOG_LEVEL", "loud")],
)
def test_an_invalid_value_is_refused_with_the_variable_s_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"SUPPORTCARR_{name} is not valid"):
        load_settings(given(tmp_path, **{name: value}), dotenv=None)


def test_every_setting_has_a_unique_name_and_a_description() -> None:
    names = [name for _, _, name, _ in declared(Settings)]
    assert len(names) == len(set(names))
    assert all(meta.description for _, _, _, meta in declared(Settings))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_ORIGINS", "everybody"),
        ("AUTH_LOOKUP_SECRET", "short"),
        ("AUTH_TOKEN_SECRETS", "k:short"),
        ("AUTH_TOKEN_SECRETS", "short"),
        ("CACHE_URL", "http://x"),
        ("CITY_SPEED", "nan"),
        ("DATA", ""),
        ("DRAIN_SECONDS", "inf"),
        ("HOST", ""),
        ("HOST", "999.1.1.1"),
        ("LOG_FILE", "/nonexistent/folder/log"),
        ("MAP_CONTENT_SOURCES", "tiles"),
        ("MAP_MAPBOX_TOKEN", "sk.secret"),
        ("MAP_STYLE_URL", "javascript:alert"),
        ("PUBLIC_URL", "notaurl"),
        ("QUOTES_SECRET", "short"),
        ("REALTIME_URL", "ws://x"),
        ("REDIS_URL", "http://x"),
        ("STORE_URL", "postgres://x"),
        ("STRIPE_API_BASE", "stripe"),
        ("TRUSTED_PROXIES", "foo"),
        ("DISPATCH_RADIUS_M", "30000"),
    ],
)
def test_a_value_that_no_process_could_use_is_refused_at_once(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"SUPPORTCARR_{name} is not valid: ") as refused:
        load_settings(given(tmp_path, **{name: value}), dotenv=None)
    assert "short" not in str(refused.value)  # a secret is not shown
    assert "`" not in str(refused.value)


def test_an_empty_secret_counts_as_missing(tmp_path: Path) -> None:
    assert load_settings(given(tmp_path, QUOTES_SECRET=""), dotenv=None).quotes.secret
    secrets = dict.fromkeys(REQUIRED, "k1:" + "x" * 40) | {"SUPPORTCARR_QUOTES_SECRET": ""}
    with pytest.raises(SettingsError, match="SUPPORTCARR_QUOTES_SECRET must be set"):
        load_settings(given(tmp_path, PROFILE="production") | secrets, dotenv=None)


def test_settings_can_be_read_without_writing_anything(tmp_path: Path) -> None:
    loaded = load_settings(given(tmp_path / "data"), dotenv=None, keep_secrets=False)
    assert loaded.quotes.secret
    assert list(tmp_path.iterdir()) == []


def test_a_mapbox_style_needs_a_token(tmp_path: Path) -> None:
    style = {"MAP_STYLE_URL": "mapbox://styles/us/ours"}
    with pytest.raises(SettingsError, match="MAP_MAPBOX_TOKEN"):
        load_settings(given(tmp_path, **style), dotenv=None)
    load_settings(given(tmp_path, **style, MAP_MAPBOX_TOKEN="pk.1"), dotenv=None)


def test_the_local_profile_makes_a_push_key_and_keeps_it(tmp_path: Path) -> None:
    environment = {"SUPPORTCARR_DATA": str(tmp_path)}
    first = load_settings(environment, dotenv=None)
    assert first.push.vapid_private_key
    assert load_settings(environment, dotenv=None).push.vapid_private_key == first.push.vapid_private_key
    off = load_settings(environment | {"SUPPORTCARR_PUSH_VAPID_PRIVATE_KEY": ""}, dotenv=None)
    assert off.push.vapid_private_key == "", "an empty setting turns push off"
