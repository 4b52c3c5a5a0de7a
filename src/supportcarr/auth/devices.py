"""What a session was opened with, in words that its owner recognizes.  Pure.

The device is read from the User-Agent header, which says what the client wants it to say: it helps the owner
to recognize a session, and nothing is decided by it.  Without a geographical database the place is the
network of the address: enough to tell a session at home from one elsewhere, and less than the address.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

UNKNOWN_DEVICE = "Unknown device"
LONGEST = 60  # characters of a device
_AGENT_BYTES_READ = 512

# The first that matches wins: browsers name those that they descend from.
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\b(?:OPR|Opera)/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:HeadlessChrome|Chrome|CriOS|Chromium)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_SYSTEMS = (
    ("Android", re.compile(r"\bAndroid\b")),
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Mac", re.compile(r"\bMac(?:intosh| OS X)\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}")


def device_of(user_agent: str | None) -> str:
    """The browser and its system ("Chrome on Windows"), or the program ("curl")."""
    if not user_agent:
        return UNKNOWN_DEVICE
    text = user_agent[:_AGENT_BYTES_READ]
    system = next((name for name, pattern in _SYSTEMS if pattern.search(text)), None)
    browser = next((name for name, pattern in _BROWSERS if pattern.search(text)), None)
    if browser is None or not text.startswith("Mozilla/"):
        found = _PROGRAM.match(text)
        browser = found[0].strip(" ._-") if found else None
    if browser is None:
        return UNKNOWN_DEVICE if system is None else f"{UNKNOWN_DEVICE} on {system}"
    return browser[:LONGEST] if system is None else f"{browser} on {system}"[:LONGEST]


def place_of(address: str | None) -> str:
    """The network of an address: IPv4 without its last part, of IPv6 the first 48 bits."""
    if address is None:
        return ""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return "this machine"
    if isinstance(parsed, IPv4Address):
        return f"network {str(parsed).rpartition('.')[0]}.x"
    return f"network {ip_network((parsed, 48), strict=False)}"
