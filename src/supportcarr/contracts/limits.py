"""The stricter rate limits that routes declare, beside those of every request.

A limit's numbers are settings of the gateway (``gateway.settings.LimitSettings``), which has the rules of
each name here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RouteLimit:
    """A limit that all routes with its name share, counted exactly by address or by user.

    ``codes``: only requests that end with one of these errors count, and those being answered; empty: every
    request counts.  ``needs_redis``: while Redis cannot count, the routes answer 503 instead of letting each
    process count alone.
    """

    name: str
    by: Literal["address", "user"]
    needs_redis: bool = False
    codes: frozenset[str] = frozenset()


TEXTS = RouteLimit("texts", by="address", needs_redis=True)  # routes that have a text message sent
QUOTES = RouteLimit("quotes", by="user")
PINS = RouteLimit("pins", by="user", codes=frozenset({"pin_wrong"}))
SHARED = RouteLimit("shared", by="address")  # views by share links
GEOCODING = RouteLimit("geocoding", by="user")  # a search for each letter that somebody types
