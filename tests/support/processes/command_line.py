"""Run ``supportcarr`` commands as a shell would: in this process, which is fast, or in one of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from supportcarr.cli import main
from supportcarr.kit.runtime.settings import PREFIX

# A busy machine may not hash a password at the usual cost within the deadline.
QUICK_HASHES = {"AUTH_BCRYPT_COST": "4"}


def with_quick_hashes(settings: Mapping[str, str]) -> Mapping[str, str]:
    """The settings, with cheap password hashes where the profile allows them."""
    return settings if settings.get("PROFILE", "local") != "local" else QUICK_HASHES | dict(settings)


def environment_with(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with those settings (named without prefix) instead of its own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return ours | {PREFIX + name: value for name, value in settings.items()}


def run_in_process(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, in *folder*: a new interpreter takes most of a second to import it.

    An exception that a process would print with a traceback is raised.
    """
    unset = {name: None for name in os.environ if name.startswith(PREFIX)}
    given = {PREFIX + name: value for name, value in with_quick_hashes(settings).items()}
    with contextlib.chdir(folder):
        result = CliRunner().invoke(main, arguments, env={**unset, **given})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def run_process(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, in *folder*."""
    return subprocess.run(
        [sys.executable, "-m", "supportcarr", *arguments],
        cwd=folder,
        env=environment_with(with_quick_hashes(settings)),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
