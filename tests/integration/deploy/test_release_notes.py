"""Release notes from a history of commits, by git-cliff with our configuration."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CLIFF = ROOT / ".venv" / "release-notes" / "bin" / "git-cliff"

pytestmark = pytest.mark.skipif(
    not CLIFF.exists(), reason="git-cliff is missing (scripts/setup release-notes)"
)


def test_they_group_the_subjects_since_the_release_before(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(tmp_path)}

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@supportcarr.example")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, env=environment, check=True)

    git("init", "-q")
    for subject, tag in (
        ("dispatch: offer nearer drivers first", "v0.1.0"),
        ("payments: keep the order: capture, then release", ""),
        ("tests: wait for the socket", ""),
        ("rider, driver: turn on notifications for a closed app", ""),
        ("auth: end tokens by version", "v0.2.0"),
        ("dispatch: not yet released", ""),
    ):
        git("commit", "-q", "--allow-empty", "-m", f"{subject}\n\nWhy it was done.")
        if tag:
            git("tag", tag)
    git("checkout", "-q", "v0.2.0")
    done = subprocess.run(
        [CLIFF, "--config", ROOT / "deploy" / "release" / "cliff.toml", "--latest", "--offline"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line.rpartition(" (")[0] or line for line in done.stdout.splitlines() if line]
    assert lines == [
        "# v0.2.0",
        "## Apps",
        "- Turn on notifications for a closed app",
        "## Platform",
        "- Keep the order: capture, then release",
        "## Security and accounts",
        "- End tokens by version",
    ]
