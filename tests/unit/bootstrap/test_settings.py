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
