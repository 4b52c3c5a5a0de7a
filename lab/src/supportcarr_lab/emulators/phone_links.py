"""What the links of the demo sign in to: the visitor's accounts, kept in a file between two runs.

The demo writes the file, and the process of the emulators reads it when a link is opened.  A link works with
the key of the run that printed it, once the accounts exist, until that run ends.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal, get_args

import msgspec

from supportcarr.bootstrap.operators import write_private
from supportcarr.contracts.web_apps import AppName

FILE = "simulator-phones.json"
Who = Literal["rider", "driver", "console"]
WHO: tuple[Who, ...] = get_args(Who)
APPS: dict[Who, AppName] = {"rider": "rider", "driver": "driver", "console": "admin"}
PATHS: dict[Who, str] = {"rider": "/", "driver": "/driver/", "console": "/admin"}


class LinkedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that a link signs in to."""

    phone: str
    password: str
    name: str = ""
    totp_secret: str | None = None


class PhoneLinks(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts, and the key in the links to them; an empty key: no link works now."""

    accounts: dict[Who, LinkedAccount]
    key: str = ""

    def opens(self, key: str) -> bool:
        """Whether it is the key of this run."""
        return bool(self.key) and secrets.compare_digest(self.key.encode(), key.encode())


def read_links(folder: Path) -> PhoneLinks | None:
    """The accounts in the data folder; ``None``: no demo has made any, or the file is damaged."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=PhoneLinks)
    except (OSError, msgspec.DecodeError):
        return None


def write_links(folder: Path, links: PhoneLinks) -> None:
    """Replace the file; its owner alone can read it."""
    write_private(folder / FILE, msgspec.to_builtins(links))
