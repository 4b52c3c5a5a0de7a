"""The client's address: X-Forwarded-For counts from trusted proxies only."""

from __future__ import annotations

import pytest

from supportcarr.kit.http.addresses import _REMEMBERED, LOOPBACK, ClientAddresses

PROXIES = ("10.0.0.0/8", *LOOPBACK)


def address(peer: str, *forwarded: str) -> str:
    lines = b",".join(line.encode() for line in forwarded)
    return ClientAddresses(PROXIES).of((peer, "4711"), lines if forwarded else None)


def test_an_untrusted_peer_cannot_claim_another_address() -> None:
    assert address("203.0.113.9", "198.51.100.1") == "203.0.113.9"


def test_a_proxy_names_the_client() -> None:
    assert address("10.1.2.3", "198.51.100.1") == "198.51.100.1"


def test_loopback_is_a_proxy_if_it_is_trusted() -> None:
    assert address("127.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert ClientAddresses(()).of(("127.0.0.1", "1"), b"198.51.100.1") == "127.0.0.1"


@pytest.mark.parametrize(
    "lines",
    [
        ("6.6.6.6, 198.51.100.1, 10.9.9.9",),
        ("6.6.6.6", "198.51.100.1", "10.9.9.9"),
        ("6.6.6.6,198.51.100.1",),
    ],
)
def test_entries_before_the_trusted_proxies_are_ignored(lines: tuple[str, ...]) -> None:
    assert address("10.1.2.3", *lines) == "198.51.100.1"


def test_an_invalid_entry_ends_the_chain() -> None:
    assert address("10.1.2.3", "198.51.100.1, nonsense") == "10.1.2.3"
    assert address("10.1.2.3", "nonsense, 10.0.0.7") == "10.0.0.7"
    assert address("10.1.2.3", "") == "10.1.2.3"


def test_a_proxy_without_the_header_counts_as_the_client() -> None:
    assert address("10.1.2.3") == "10.1.2.3"


def test_one_ipv6_network_counts_as_one_client() -> None:
    first, second = address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9")
    assert first == second
    assert first != address("2001:db8:1:3::1")


def test_ipv4_written_as_ipv6_is_the_same_address() -> None:
    assert address("::ffff:203.0.113.9") == "203.0.113.9"


def test_without_a_peer_the_address_is_unknown() -> None:
    assert ClientAddresses(PROXIES).of(None, None) == "unknown"


def test_addresses_beyond_the_cache_are_still_parsed() -> None:
    addresses = ClientAddresses(PROXIES)
    seen = {addresses.of((f"203.{n >> 8}.{n & 255}.1", "1"), None) for n in range(5000)}
    assert len(seen) == 5000


def test_the_same_chain_from_another_peer_is_another_chain() -> None:
    addresses = ClientAddresses(PROXIES)
    for _ in range(2):
        assert addresses.of(("10.1.2.3", "1"), b"198.51.100.1") == "198.51.100.1"
        assert addresses.of(("203.0.113.9", "1"), b"198.51.100.1") == "203.0.113.9"


def test_the_memory_for_chains_is_bounded() -> None:
    addresses = ClientAddresses(PROXIES)
    for n in range(_REMEMBERED + 10):
        stranger = f"198.51.{n // 256}.{n % 256}"
        assert addresses.of(("10.1.2.3", "1"), f"x, {stranger}".encode()) == stranger
        assert len(addresses._chains) <= _REMEMBERED
    kept = len(addresses._chains), len(addresses._known)
    assert addresses.of(("10.1.2.3", "1"), b"y" * 30_000 + b", 10.9.9.9, 10.1.2.3") == "10.9.9.9"
    assert len(addresses._chains) == kept[0]
    assert max(map(len, addresses._known)) < 30_000


def test_a_trusted_proxy_is_not_bounded_whatever_its_kind_of_address() -> None:
    addresses = ClientAddresses(("10.0.0.0/8", "fd00::/8"))
    for proxy, other in (("10.0.0.1", b"10.0.0.2"), ("fd00::1", b"fd00::2")):
        assert addresses.bounded((proxy, 1), None) is None
        assert addresses.bounded((proxy, 1), other) is None
        assert addresses.bounded((proxy, 1), b"2001:db8::9") == "2001:db8::/64"
    assert addresses.bounded(("2001:db8::9", 1), b"fd00::2") == "2001:db8::/64"
    assert addresses.bounded(None, None) is None
