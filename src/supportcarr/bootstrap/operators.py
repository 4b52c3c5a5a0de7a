"""The demo's operators and partner, and the files with their secrets."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from supportcarr.auth.second_factors import new_secret
from supportcarr.partners.service import new_key

OPERATORS_FILE, PARTNER_FILE = "operators.json", "partner.json"
# Fictional numbers: 555-0100 to 555-0199 are reserved for fiction in every North American area code.
_NUMBERS = {"admin": "+15145550100", "support": "+15145550101"}


class Operator(msgspec.Struct, frozen=True):
    """The credentials of a demo operator; ``totp_secret`` is for the codes of two-factor sign-in."""

    phone: str
    password: str
    totp_secret: str | None = None


def operators(folder: Path) -> dict[str, Operator]:
    """The demo's admin and support agent; their secrets are generated once and kept in *folder*."""
    file = folder / OPERATORS_FILE
    if file.is_file():
        known = msgspec.json.decode(file.read_bytes(), type=dict[str, Operator])
    else:
        known = {role: Operator(number, secrets.token_urlsafe(12)) for role, number in _NUMBERS.items()}
    made = {role: _with_totp(operator) for role, operator in known.items()}
    if made != known or not file.is_file():
        write_private(file, msgspec.to_builtins(made))
    return made


def _with_totp(operator: Operator) -> Operator:
    """An older version made operators without a secret."""
    if operator.totp_secret is not None:
        return operator
    return msgspec.structs.replace(operator, totp_secret=new_secret())


def partner_key(folder: Path) -> str:
    """The demo partner's test key, generated once and kept in *folder*."""
    file = folder / PARTNER_FILE
    if file.is_file():
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str])["api_key"]
    key = new_key("test")
    write_private(file, {"api_key": key})
    return key


def write_private(file: Path, content: Any) -> None:
    """Write JSON atomically, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(content, out, indent=2)
    temporary.replace(file)
