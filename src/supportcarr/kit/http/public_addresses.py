"""Which IP addresses are public: the ones that a server on the internet may have.

Python's ``is_global`` differs between its patch versions and says nothing of addresses that stand for others,
so the rule is written out.  IPv6 is an allow-list: global unicast without what IANA reserved of it, and
without the translations (6to4, Teredo, NAT64), behind which any IPv4 address can be.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast, and the address at which one
# cloud provider serves its machines' metadata.
_IPV4_REFUSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a carrier's customers; metadata of one cloud provider
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's metadata
        "169.254.0.0/16",  # link-local; metadata of most cloud providers
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of one cloud provider
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_IPV6_PUBLIC = ip_network("2000::/3")
_IPV6_REFUSED = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether a server on the internet may have that address; ``False`` for what is no address."""
    try:
        parsed = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _IPV4_REFUSED)
    return parsed in _IPV6_PUBLIC and not any(parsed in network for network in _IPV6_REFUSED)
