"""The settings loader: typed values, errors that name the variable, generated secrets."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from supportcarr.kit.runtime.settings import (
    OPTIONAL_SECRET,
    SECRET,
    Deployment,
    SettingsError,
    SettingsGroup,
    load,
)


class Shop(SettingsGroup, frozen=True, kw_only=True):
    prefix = "SHOP_"
    tills: Annotated[int, Meta(ge=1, le=9, description="number of tills")] = 2
    secret: Annotated[str, Meta(description="key of the safe", extra=SECRET)] = ""
    spare_secret: Annotated[str, Meta(description="spare key of the safe", extra=OPTIONAL_SECRET)] = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    deployment: Deployment
    shop: Shop


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"SUPPORTCARR_DATA": str(tmp_path)} | {f"SUPPORTCARR_{k}": v for k, v in more.items()}


def test_a_local_start_generates_required_secrets_once_and_keeps_them_private(tmp_path: Path) -> None:
    first = load(Settings, environment(tmp_path), dotenv=None)
    second = load(Settings, environment(tmp_path), dotenv=None)
    assert first == second
    assert len(first.shop.secret) >= 32
    assert first.shop.spare_secret == ""
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_production_needs_each_required_secret_and_generates_none(tmp_path: Path) -> None:
    load(Settings, environment(tmp_path, PROFILE="production", SHOP_SECRET="x"), dotenv=None)
    with pytest.raises(SettingsError, match=r"SUPPORTCARR_SHOP_SECRET must be set.*key of the safe"):
        load(Settings, environment(tmp_path, PROFILE="production"), dotenv=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "value"), [("SHOP_TILLS", "0"), ("SHOP_TILLS", "x"), ("PROFILE", "prod")])
def test_an_invalid_value_is_refused_with_the_name_of_the_variable(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"SUPPORTCARR_{name} is not valid"):
        load(Settings, environment(tmp_path, **{name: value}), dotenv=None)


def test_an_unknown_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SUPPORTCARR_SHOP_TILSL is not a setting"):
        load(Settings, environment(tmp_path, SHOP_TILSL="3"), dotenv=None)


def test_the_environment_overrides_the_dotenv_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SUPPORTCARR_SHOP_TILLS=3\nSUPPORTCARR_SHOP_SPARE_SECRET=s\n")
    settings = load(Settings, environment(tmp_path, SHOP_TILLS="4"), dotenv=str(file))
    assert (settings.shop.tills, settings.shop.spare_secret) == (4, "s")
