"""The addresses at which accounts were used, and when their owners were warned.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document

ADDRESSES_MAX = 16  # a phone gets a new address in each network
KNOWN_FOR = timedelta(days=90)  # after the last use there
NOTED_EVERY = timedelta(days=1)  # the use of a known address is not written more often
WARN_EVERY = timedelta(days=1)


class SignInAddress(msgspec.Struct, frozen=True):
    """An address (as a keyed hash), and when the account was last used there; wall time."""

    key: str
    at: datetime


class SignInAddresses(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an account's clients; the id is the account's."""

    addresses: tuple[SignInAddress, ...] = ()  # the latest last
    warned_at: datetime | None = None  # wall time


def network_of(address: str) -> str:
    """The address, or of an IPv6 address the /64 that one household has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))


def is_known(seen: SignInAddresses | None, key: str, now: datetime) -> bool:
    """True if the account was used at that address in the last months."""
    return seen is not None and any(a.key == key and now - a.at <= KNOWN_FOR for a in seen.addresses)


def with_address(seen: SignInAddresses, key: str, now: datetime) -> SignInAddresses | None:
    """The document with a use of the account at that address; ``None`` if a recent one is noted."""
    if any(a.key == key and now - a.at < NOTED_EVERY for a in seen.addresses):
        return None
    others = tuple(a for a in seen.addresses if a.key != key and now - a.at <= KNOWN_FOR)
    return replace(seen, addresses=(*others, SignInAddress(key, now))[-ADDRESSES_MAX:])


def with_warning(seen: SignInAddresses, now: datetime) -> SignInAddresses | None:
    """The document with a warning to the owner; ``None`` if there was one in the last day."""
    if seen.warned_at is not None and now - seen.warned_at < WARN_EVERY:
        return None
    return replace(seen, warned_at=now)
