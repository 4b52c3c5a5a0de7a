"""Which addresses a server on the internet may have."""

from __future__ import annotations

import pytest

from supportcarr.kit.http.public_addresses import is_public

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::1"]
REFUSED = {
    "this network": "0.0.0.0",
    "private 10": "10.1.2.3",
    "private 172": "172.31.255.255",
    "private 192": "192.168.1.1",
    "loopback": "127.8.8.8",
    "carrier's": "100.64.0.1",
    "link-local, metadata": "169.254.169.254",
    "metadata of Oracle": "192.0.0.192",
    "metadata of Alibaba": "100.100.100.200",
    "metadata of Azure": "168.63.129.16",
    "documentation": "203.0.113.9",
    "benchmarks": "198.19.0.1",
    "multicast": "239.1.1.1",
    "broadcast": "255.255.255.255",
    "unspecified 6": "::",
    "loopback 6": "::1",
    "IPv4-mapped private": "::ffff:10.0.0.1",
    "IPv4-mapped public": "::ffff:8.8.8.8",
    "IPv4-mapped in hexadecimal": "::ffff:7f00:1",
    "IPv4-compatible": "::127.0.0.1",
    "6to4 of loopback": "2002:7f00:1::1",
    "Teredo": "2001:0:7f00:1::",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of a site": "64:ff9b:1::7f00:1",
    "link-local 6": "fe80::1",
    "link-local 6 with its zone": "fe80::1%eth0",
    "site-local 6": "fec0::1",
    "unique local": "fd12:3456::1",
    "metadata of AWS 6": "fd00:ec2::254",
    "documentation 6": "2001:db8::1",
    "documentation 6, new": "3fff::1",
    "multicast 6": "ff02::1",
    "no address": "localhost",
    "octal": "0177.0.0.1",
    "a number": "2130706433",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED)
def test_not_public(address: str) -> None:
    assert not is_public(address)
