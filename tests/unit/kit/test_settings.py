"""Settings: typed, refused with a sentence, secrets made once in the local profile alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from supportcarr.kit.runtime.settings import SettingsError, declared, is_required, load

REQUIRED = [name for _, _, name, meta in declared() if is_required(meta)]


def _given(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SUPPORTCARR_DATA": str(tmp_path)} | {f"SUPPORTCARR_{k}": v for k, v in more.items()}


def test_a_local_start_makes_its_secrets_once_and_keeps_them_to_itself(tmp_path: Path) -> None:
    first = load(_given(tmp_path), dotenv=None)
    second = load(_given(tmp_path), dotenv=None)
    assert first == second
    assert first.auth.token_secrets.startswith("k1:")
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


@pytest.mark.parametrize("missing", REQUIRED)
def test_production_refuses_to_start_without_each_secret(tmp_path: Path, missing: str) -> None:
    given = _given(tmp_path, PROFILE="production") | dict.fromkeys(REQUIRED, "k1:" + "x" * 40)
    load(given, dotenv=None)
    del given[missing]
    with pytest.raises(SettingsError, match=missing):
        load(given, dotenv=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "x"),
        ("PROFILE", "prod"),
        ("CITY_SPEED", "-1"),
        ("LIMITS_LEASE", "65"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_and_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"SUPPORTCARR_{name} is not valid"):
        load(_given(tmp_path, **{name: value}), dotenv=None)


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SUPPORTCARR_STROE_URL is not a setting"):
        load(_given(tmp_path, STROE_URL="x"), dotenv=None)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SUPPORTCARR_PORT=9001\nSUPPORTCARR_HOST=127.0.0.2\n")
    settings = load(_given(tmp_path, PORT="9002"), dotenv=str(file))
    assert (settings.servers.port, settings.servers.host) == (9002, "127.0.0.2")


def test_every_setting_has_a_name_of_its_own_and_says_what_it_is() -> None:
    names = [name for _, _, name, _ in declared()]
    assert len(names) == len(set(names))
    assert all(meta.description for _, _, _, meta in declared())
