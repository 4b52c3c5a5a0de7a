"""What the metrics say of backups: whether any are expected, and how old the newest one is."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from supportcarr.bootstrap.backups import backup_stats
from supportcarr.bootstrap.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"SUPPORTCARR_DATA": str(tmp_path / "data")}, dotenv=None)


def of_profile(settings: Settings, profile: str, **backup: object) -> Settings:
    return replace(
        settings,
        deployment=replace(settings.deployment, profile=profile),
        backup=replace(settings.backup, **backup),
    )


@pytest.mark.parametrize(
    ("profile", "by_provider", "expected"),
    [("local", False, 0), ("staging", False, 1), ("production", False, 1), ("production", True, 0)],
)
def test_backups_are_expected_unless_somebody_else_makes_them(
    settings: Settings, profile: str, by_provider: bool, expected: int
) -> None:
    assert backup_stats(of_profile(settings, profile, by_provider=by_provider)) == {"expected": expected}


def test_a_folder_without_a_backup_says_so(settings: Settings, tmp_path: Path) -> None:
    stats = backup_stats(of_profile(settings, "production", folder=str(tmp_path)))
    assert stats == {"expected": 1, "last_success_timestamp_seconds": 0}
