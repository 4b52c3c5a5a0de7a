"""Another commit of this repository, checked out and set up beside this one, to run both in turn."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig.measure import ROOT
from rig.servers import clean_environment

CHECKOUTS = ROOT / ".data" / "against"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with a commit and the virtual environment that ``scripts/setup dev`` made in it."""

    folder: Path
    commit: str  # abbreviated

    @property
    def program(self) -> tuple[str, ...]:
        """The command that runs its ``supportcarr``."""
        return (str(self.folder / ".venv/bin/python"), "-m", "supportcarr")

    @property
    def seals(self) -> bool:
        """Whether it seals personal fields; an older build reads them in clear only."""
        return (self.folder / "src/supportcarr/kit/sealing").is_dir()


def this_checkout() -> Checkout:
    return Checkout(ROOT, _git("rev-parse", "--short", "HEAD"))


def checkout_of(name: str) -> Checkout:
    """The checkout of a commit, or the one in the folder *name* (which must be set up).

    A commit is checked out into ``.data/against`` and set up; the next run uses that again.  Raises
    ``SystemExit`` with a message.
    """
    folder = Path(name)
    if (folder / ".venv/bin/python").is_file():
        return Checkout(folder.resolve(), _git("rev-parse", "--short", "HEAD", folder=folder))
    try:
        commit = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except subprocess.CalledProcessError:
        raise SystemExit(
            f"{name} is neither a commit of this repository nor a checkout that is set up."
        ) from None
    short = _git("rev-parse", "--short", commit)
    folder = CHECKOUTS / short
    if not (folder / ".git").exists():
        _git("worktree", "prune")  # forgets one whose folder has been deleted
        folder.parent.mkdir(parents=True, exist_ok=True)
        _git("worktree", "add", "--quiet", "--detach", str(folder), commit)
    if (found := _git("rev-parse", "HEAD", folder=folder)) != commit:
        raise SystemExit(
            f"{folder} has {found[:9]} instead of {short}; remove it: git worktree remove {folder}"
        )
    if subprocess.run(["scripts/setup", "dev"], cwd=folder, env=clean_environment(), check=False).returncode:  # noqa: S607 - the one on the PATH is meant
        raise SystemExit(f"{short} could not be set up in {folder}.")
    return Checkout(folder, short)


def _git(*arguments: str, folder: Path = ROOT) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)  # noqa: S603, S607 - our own command
    return done.stdout.strip()
