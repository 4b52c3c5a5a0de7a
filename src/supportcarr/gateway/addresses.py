"""Whose request it is by network address, with X-Forwarded-For believed from trusted proxies only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

LOOPBACK = ("127.0.0.0/8", "::1/128")
_REMEMBERED = 4096  # addresses whose reading is kept


class ClientAddresses:
    """Finds the client's address: the last one in the chain that is not a proxy of ours.

    An address counts for limits as it is; of IPv6 the /64 counts, which is what one customer has.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = [ip_network(network.strip()) for network in trusted if network.strip()]
        self._known: dict[str, tuple[str, bool]] = {}

    def _read(self, text: str) -> tuple[str, bool]:
        """(the address as limits count it, or "" if it is none; whether it is a trusted proxy)."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[text] = self._parse(text)
        return known

    def _parse(self, text: str) -> tuple[str, bool]:
        try:
            address = ip_address(text.strip())
        except ValueError:
            return "", False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        trusted = any(address in network for network in self._trusted)
        return _counted(address), trusted

    def of(self, peer: Sequence[Any] | None, forwarded: bytes | None) -> str:
        """The client's address; ``"unknown"`` where the server names no peer (a Unix socket).

        *forwarded* is X-Forwarded-For, its lines joined by commas.
        """
        if peer is None:
            return "unknown"
        address, trusted = self._read(peer[0])
        if not trusted:
            return address or "unknown"
        if forwarded is None:
            return address
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            before, trusted = self._read(hop)
            if not before:
                return address  # what a stranger wrote beyond our proxies; the last good one counts
            address = before
            if not trusted:
                return address
        return address


def _counted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
