"""The client's network address; X-Forwarded-For counts from trusted proxies only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

LOOPBACK = ("127.0.0.0/8", "::1/128")
_REMEMBERED = 4096  # parsed addresses, and chains of them
_LONGEST = 128  # characters; longer ones are parsed each time, so that no client fills the memory


class ClientAddresses:
    """Finds the client's address: the last one in the chain that is not a trusted proxy.

    Limits count an IPv4 address as it is, and of an IPv6 address its /64, which is what one customer has.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = [ip_network(network.strip()) for network in trusted if network.strip()]
        self._known: dict[str, tuple[str, bool]] = {}
        self._chains: dict[tuple[str, bytes], tuple[str, bool]] = {}

    def _read(self, text: str) -> tuple[str, bool]:
        """The address as limits count it ("" if it is none), and whether it is a trusted proxy."""
        known = self._known.get(text)
        if known is None:
            known = self._parse(text)
            if len(text) <= _LONGEST:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[text] = known
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
        """The client's address; ``"unknown"`` if the server has no peer address (a Unix socket).

        *forwarded* is X-Forwarded-For, its lines joined by commas.
        """
        if peer is None:
            return "unknown"
        if forwarded is None:
            return self._read(peer[0])[0] or "unknown"
        known = self._chains.get((peer[0], forwarded))  # nearly always
        return known[0] if known is not None else self._of_chain(peer[0], forwarded)[0]

    def _of_chain(self, peer: str, forwarded: bytes) -> tuple[str, bool]:
        """The client's address, and whether it is that of a trusted proxy itself."""
        chain = peer, forwarded
        known = self._chains.get(chain)
        if known is None:
            known = self._last_untrusted(peer, forwarded)
            if len(forwarded) <= _LONGEST:
                if len(self._chains) >= _REMEMBERED:
                    self._chains.clear()
                self._chains[chain] = known
        return known

    def bounded(self, peer: Sequence[Any] | None, forwarded: bytes | None) -> str | None:
        """The client's address; ``None`` if it is unknown or that of a trusted proxy itself."""
        if peer is None:
            return None
        if forwarded is None:
            return self.of_peer(peer[0])
        address, trusted = self._of_chain(peer[0], forwarded)
        return None if trusted or address == "unknown" else address

    def of_peer(self, peer: str) -> str | None:
        """The client of a peer's own connections; ``None`` if it is a trusted proxy, or has no address."""
        address, trusted = self._read(peer)
        return None if trusted or not address else address

    def _last_untrusted(self, peer: str, forwarded: bytes) -> tuple[str, bool]:
        address, trusted = self._read(peer)
        if not trusted:
            return address or "unknown", False
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            before, trusted = self._read(hop)
            if not before:
                break  # a client may have written anything here; the last valid address counts
            address = before
            if not trusted:
                return address, False
        return address, True


def trusted_networks(proxies: str, *, local: bool) -> list[str]:
    """The networks of a comma-separated list; in the *local* profile also this machine."""
    return [*proxies.split(","), *(LOOPBACK if local else ())]


def _counted(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
