"""What auth must do now and then."""

from __future__ import annotations

from supportcarr.auth.service import AuthService
from supportcarr.kit.jobs.declarations import Ticker


def tickers(service: AuthService) -> list[Ticker]:
    """The sweep of sessions that were over long ago, every ten minutes."""
    return [Ticker("auth.forget_sessions", 600, service.forget_sessions)]
