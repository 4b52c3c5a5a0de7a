"""The product wheel carries no development tools; the command says how to install them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import EntryPoints
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from support.ports import free_port
from supportcarr import cli
from supportcarr.auth.legal_documents import KINDS
from supportcarr.bootstrap import platform
from supportcarr.bootstrap.settings import load_settings
from supportcarr.contracts.languages import Language

ROOT = Path(__file__).parents[3]


def wheel_files(project: Path, folder: Path) -> set[str]:
    """The names in the wheel of *project*, built into *folder* without its dependencies."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def packages(files: set[str]) -> set[str]:
    return {name.split("/")[0] for name in files if ".dist-info" not in name}


def test_the_product_wheel_has_no_development_tools(tmp_path: Path) -> None:
    files = wheel_files(ROOT, tmp_path)
    assert packages(files) == {"supportcarr"}
    assert not [name for name in files if "emulator" in name or "simulator" in name or "sandbox" in name]
    texts = {f"{kind}.{language}.md" for kind in KINDS for language in get_args(Language)}
    assert {f"supportcarr/auth/legal_templates/{text}" for text in texts} <= files


def test_the_lab_wheel_has_its_data(tmp_path: Path) -> None:
    files = wheel_files(ROOT / "lab", tmp_path)
    assert packages(files) == {"supportcarr_lab"}
    assert "supportcarr_lab/simulator/data/SOURCES.md" in files


@pytest.mark.parametrize("command", sorted(cli.LAB_COMMANDS))
def test_a_missing_lab_command_says_what_to_install(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "added_commands", EntryPoints)
    result = CliRunner().invoke(cli.main, [command, "--seconds", "1"])
    assert result.exit_code == 1
    assert "pip install supportcarr-lab" in result.output


def test_help_lists_the_lab_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "added_commands", EntryPoints)
    text = CliRunner().invoke(cli.main, ["--help"]).output
    assert "demo" in text
    assert "pip install supportcarr-lab" in text


def test_up_needs_the_emulators_or_another_stripe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(platform, "added_commands", EntryPoints)
    monkeypatch.chdir(tmp_path)
    names = ("PORT", "REALTIME_PORT", "SANDBOX_PORT")
    environment = {f"SUPPORTCARR_{name}": str(free_port()) for name in names}
    result = CliRunner().invoke(cli.main, ["up"], env=environment)
    assert result.exit_code == 1
    assert "pip install supportcarr-lab" in result.output
    assert not (tmp_path / ".data" / "redis").exists()


def test_up_starts_no_emulators_where_stripe_and_twilio_are_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "added_commands", EntryPoints)
    environment = {
        "SUPPORTCARR_DATA": str(tmp_path),
        "SUPPORTCARR_STRIPE_API_BASE": "http://127.0.0.1:1",
        "SUPPORTCARR_TWILIO_API_BASE": "http://127.0.0.1:1",
    }
    roles = platform._roles(load_settings(environment, dotenv=None))
    assert [role.name for role in roles] == ["worker", "realtime", "api"]
