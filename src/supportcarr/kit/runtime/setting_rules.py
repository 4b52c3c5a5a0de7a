"""Rules that settings declare: ``Meta(extra=rule(http_url))``.

Each takes the text of a setting that is not empty and raises ``ValueError`` with what is wrong, as the
end of the sentence "SUPPORTCARR_X is not valid: ...".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from supportcarr.kit.redis.address import Address

Rule = Callable[[str], object]

_HOST_NAME = re.compile(r"(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.?)+", re.IGNORECASE)
_ONLY_NUMBERS = re.compile(r"[0-9.]+")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def rule(check: Rule) -> dict[str, Any]:
    """The ``extra`` of a setting that must follow a rule."""
    return {"rule": check}


def host(value: str) -> None:
    """An IP address or a host name; ``999.1.1.1`` is neither."""
    try:
        ip_address(value)
    except ValueError:
        if _ONLY_NUMBERS.fullmatch(value) or not _HOST_NAME.fullmatch(value):
            raise ValueError("it is neither an IP address nor a host name") from None


def networks(value: str) -> None:
    """Comma-separated IP addresses and networks."""
    for entry in _entries(value):
        try:
            ip_network(entry)
        except ValueError as error:
            raise ValueError(f"{entry!r} is no IP address or network such as 10.0.0.0/8 ({error})") from None


def http_url(value: str) -> SplitResult:
    """An absolute URL with http or https and a host."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"it is not a URL ({error})") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must be a URL such as https://supportcarr.example")
    host(parts.hostname)
    if any(character.isspace() or not character.isprintable() for character in value):
        raise ValueError("a URL has no spaces")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not contain a user or password")
    return parts


def origin(value: str) -> None:
    """A URL without path, query and fragment."""
    parts = http_url(value)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("it must have no path, such as https://supportcarr.example")


def origins(value: str) -> None:
    """Comma-separated origins."""
    for entry in _entries(value):
        try:
            origin(entry)
        except ValueError as error:
            raise ValueError(f"{entry!r}: {error}") from None


def header_list(value: str) -> None:
    """Comma-separated headers, each NAME=VALUE."""
    for entry in _entries(value):
        name, equals, content = entry.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()) or not content.isprintable():
            raise ValueError("it must be headers such as authorization=KEY, separated by commas")


def content_sources(value: str) -> None:
    """Comma-separated origins of a content security policy: a host may begin with ``*.``."""
    origins(value.replace("://*.", "://any."))


def https_url(value: str) -> None:
    """A URL that browsers load: https, or http on this machine."""
    parts = http_url(value)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError("it must begin with https://")


def bucket_name(value: str) -> None:
    """The name of a bucket of S3.  Without dots: the certificates of its hosts do not cover them."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value):
        raise ValueError("it must be a bucket's name: 3 to 63 of a-z, 0-9 and hyphens")


def file_in_folder(value: str) -> None:
    """A file whose folder exists."""
    path = Path(value)
    if path.is_dir():
        raise ValueError("it is a folder, not a file")
    if not path.parent.is_dir():
        raise ValueError(f"the folder {path.parent} does not exist")


def readable_file(value: str) -> None:
    """A file that this user can read."""
    path = Path(value)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if not os.access(path, os.R_OK):
        raise ValueError(f"the file {path} is not readable")


def at_least(characters: int) -> Rule:
    """A rule for secrets: a number of characters."""

    def long_enough(value: str) -> None:
        if len(value) < characters:
            raise ValueError(f"it must have at least {characters} characters")

    return long_enough


def printable_ascii(value: str) -> None:
    """A secret that is sent in headers."""
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("it may have printable ASCII characters only, and no spaces")


def store_url(value: str) -> None:
    """The URL of a store engine."""
    if value.startswith("sqlite:///"):
        if not value.removeprefix("sqlite:///"):
            raise ValueError("sqlite:/// must be followed by a path")
    elif not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("it must begin with sqlite:///, mongodb:// or mongodb+srv://")


def redis_url(value: str) -> None:
    """The URL of a Redis."""
    address = Address.of(value)
    if not address.path:
        host(address.host)


def point(value: str) -> tuple[float, float]:
    """A latitude and a longitude, WGS 84."""
    try:
        lat, lng = (float(part) for part in value.split(","))
    except ValueError:
        raise ValueError("it must be a latitude and a longitude, such as 45.52,-73.57") from None
    if not (abs(lat) <= 90 and abs(lng) <= 180):
        raise ValueError("there is no such place on earth")
    return lat, lng


def _entries(value: str) -> list[str]:
    return [entry.strip() for entry in value.split(",") if entry.strip()]
