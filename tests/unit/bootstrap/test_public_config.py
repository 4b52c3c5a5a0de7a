"""The configuration that a browser gets before its user signs in."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from supportcarr.auth.codes import LIFETIME as CODE_LIFETIME
from supportcarr.bootstrap.areas import area_ids
from supportcarr.bootstrap.public_config import PublicConfig, PublicPlace, PublicWaits, public_config
from supportcarr.bootstrap.settings import load_settings
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr.pricing.model import DEMAND_CAP
from supportcarr.providers.vapid import new_private_key, private_key_of, public_key_of


def config(tmp_path: Path, **given: str) -> PublicConfig:
    settings = {f"SUPPORTCARR_{name}": value for name, value in given.items()}
    return public_config(load_settings(settings | {"SUPPORTCARR_DATA": str(tmp_path)}, dotenv=None), 12.0)


def test_the_public_config_lists_every_area_with_location_time_zone_and_currency(tmp_path: Path) -> None:
    areas = config(tmp_path).areas
    assert [area.id for area in areas] == list(area_ids())
    for area in areas:
        assert ZoneInfo(area.timezone)
        assert len(area.currency) == 3
        assert area.boundary[0] == area.boundary[-1]
        assert all(-180 <= lng <= 180 and -90 <= lat <= 90 for lng, lat in area.boundary)


def test_without_an_external_map_the_config_has_none(tmp_path: Path) -> None:
    plain = config(tmp_path)
    assert (plain.map.style_url, plain.map.mapbox_token, plain.speed) == (None, None, 12.0)
    styled = config(tmp_path, MAP_STYLE_URL="https://tiles.example/style.json")
    assert styled.map.style_url == "https://tiles.example/style.json"


def test_the_public_config_contains_no_secret(tmp_path: Path) -> None:
    encoded = msgspec.json.encode(config(tmp_path, STRIPE_API_KEY="sk_test_hush")).decode()
    assert "hush" not in encoded


def test_the_public_config_says_who_helps_and_which_terms_count(tmp_path: Path) -> None:
    plain = config(tmp_path)
    assert (plain.support.phone, plain.support.email) == (None, None)
    assert plain.languages == ("en", "es", "fr")
    given = config(
        tmp_path, SUPPORT_PHONE="+1 514 555 0100", SUPPORT_EMAIL="help@a.example", LEGAL_TERMS_VERSION="7"
    )
    assert (given.support.phone, given.support.email) == ("+1 514 555 0100", "help@a.example")
    assert given.legal.terms_version == "7"


def test_the_public_config_says_how_long_searches_and_waits_are(tmp_path: Path) -> None:
    assert config(tmp_path).waits == PublicWaits(480, 600, 120, CODE_LIFETIME.total_seconds())
    given = config(
        tmp_path,
        RESCUES_MATCHING_SECONDS="90",
        RESCUES_NO_SHOW_SECONDS="45",
        RESCUES_FREE_CANCELLATION_SECONDS="30",
    )
    assert given.waits == PublicWaits(90, 45, 30, CODE_LIFETIME.total_seconds())


def test_the_public_config_says_what_the_highest_demand_multiplier_is(tmp_path: Path) -> None:
    assert config(tmp_path).pricing.demand_cap == DEMAND_CAP


def test_a_demo_has_a_place_to_start_at_in_the_local_profile_only(tmp_path: Path) -> None:
    assert config(tmp_path).demo is None
    assert config(tmp_path, DEMO_PLACE="45.52,-73.57").demo == PublicPlace(45.52, -73.57)
    settings = load_settings(
        {"SUPPORTCARR_DATA": str(tmp_path), "SUPPORTCARR_DEMO_PLACE": "1,2"}, dotenv=None
    )
    production = msgspec.structs.replace(settings.deployment, profile="production")
    assert public_config(msgspec.structs.replace(settings, deployment=production), 1.0).demo is None
    with pytest.raises(SettingsError, match="SUPPORTCARR_DEMO_PLACE"):
        config(tmp_path, DEMO_PLACE="Montréal")


def test_browsers_get_the_public_key_of_push_if_there_is_one(tmp_path: Path) -> None:
    key = new_private_key()
    push = config(tmp_path, PUSH_VAPID_PRIVATE_KEY=key).push
    assert push is not None and push.public_key == public_key_of(private_key_of(key))
    assert config(tmp_path, PUSH_VAPID_PRIVATE_KEY="").push is None


def test_browsers_trace_and_report_only_where_the_processes_are_told_to(tmp_path: Path) -> None:
    plain = config(tmp_path)
    assert (plain.tracing, plain.error_reports) == (None, None)
    assert b"error_reports" not in msgspec.json.encode(plain)
    told = config(
        tmp_path,
        TRACING_ENDPOINT="http://tempo.internal:4318/v1/traces",
        TRACING_HEADERS="authorization=hush",
        TRACING_SAMPLE_RATIO="0.05",
        SENTRY_DSN="https://key-of-the-servers@sentry.internal/1",
        SENTRY_BROWSER_DSN="https://key-of-the-apps@sentry.example/2",
        RELEASE="2.0.1",
    )
    assert told.tracing is not None
    assert told.error_reports is not None
    assert (told.tracing.sample_ratio, told.tracing.endpoint) == (0.05, None)
    assert told.error_reports.dsn == "https://key-of-the-apps@sentry.example/2"
    assert (told.error_reports.release, told.error_reports.environment) == ("2.0.1", "local")
    encoded = msgspec.json.encode(told).decode()
    assert not any(inner in encoded for inner in ("internal", "hush", "servers"))
