"""Which passwords a person may choose.

Length counts, kinds of characters do not.  Refused are passwords that are commonly leaked: they are the first
that are tried.  ``data/SOURCES.md`` says where the list comes from.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files

from supportcarr.contracts.errors import ValidationFailed

MIN_CHARACTERS, MAX_BYTES = 10, 72  # bcrypt reads no further than 72 bytes
LIST = "leaked-passwords.txt.z"  # lower case, sorted, of at least MIN_CHARACTERS characters
_DIGITS_OF_PHONE = 7  # of its end: whoever knows the number knows these
_OWN_NAME = "supportcarr"
_OTHER_CHARACTERS = 6  # beside a name or number


def check_new_password(password: str, number: str, name: str, field: str = "password") -> None:
    """Raise ``ValidationFailed`` for *field* if a person of that number (E.164) and name may not have it."""
    check_length(password, field)
    if len(password) < MIN_CHARACTERS:
        raise ValidationFailed.of(
            field, "too_short", f"A password has at least {MIN_CHARACTERS} characters; several words are good"
        )
    known = password.casefold()
    if _is_guessable(known, number, name.casefold()):
        raise ValidationFailed.of(
            field, "guessable", "This password is easy to guess for you; choose other words"
        )
    if known in leaked_passwords():
        raise ValidationFailed.of(
            field,
            "leaked",
            "This password was leaked, so it is among the first to be tried; choose another",
        )


def check_length(password: str, field: str = "password") -> bytes:
    """The password's bytes.  Raises ``ValidationFailed`` if bcrypt would not take all of them."""
    data = password.encode()
    if len(data) > MAX_BYTES:
        raise ValidationFailed.of(field, "too_long", f"A password has at most {MAX_BYTES} bytes")
    if b"\0" in data:
        raise ValidationFailed.of(field, "invalid", "A password cannot hold the character NUL")
    return data


def _is_guessable(password: str, number: str, name: str) -> bool:
    """True for one or two characters repeated, and for the number, the name or ours with little else."""
    rest = password
    number = number.removeprefix("+")
    for known in (number, number[-_DIGITS_OF_PHONE:], _OWN_NAME, name, name.replace(" ", "")):
        if len(known) > 3:
            rest = rest.replace(known, "")
    return len(set(rest)) < 3 or (rest != password and len(rest) < _OTHER_CHARACTERS)


@cache
def leaked_passwords() -> frozenset[str]:
    """The list, which is read at the first use (it takes some milliseconds)."""
    packed = files("supportcarr.auth").joinpath("data", LIST).read_bytes()
    return frozenset(zlib.decompress(packed).decode().split("\n"))
