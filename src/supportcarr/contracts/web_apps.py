"""The web apps, which keep their refresh token in a cookie that no script can read.

Each app has a cookie of its own, so that signing in to one leaves the others signed in.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

AppName = Literal["rider", "driver", "admin"]
APPS: tuple[AppName, ...] = get_args(AppName)
HEADER = "X-Supportcarr-App"  # names the app; its presence is the protection against forged requests


class WebApp(msgspec.Struct, frozen=True):
    """The web app that sent a request, and the refresh token of its cookie."""

    name: AppName
    refresh_token: str | None
    secure: bool  # False on a plain connection to another machine (local profile), where no browser keeps it

    @property
    def cookie_name(self) -> str:
        return cookie_name(self.name, secure=self.secure)

    def cookie(self, refresh_token: str, seconds: int) -> tuple[str, str]:
        """The header that stores the next refresh token."""
        secure = "; Secure" if self.secure else ""
        value = f"{self.cookie_name}={refresh_token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"
        return "set-cookie", value + secure

    def no_cookie(self) -> tuple[str, str]:
        """The header that removes the cookie."""
        return self.cookie("", 0)


def cookie_name(app: str, *, secure: bool) -> str:
    """Browsers accept the prefix from our own host alone, over TLS (or loopback), for all paths."""
    return f"__Host-supportcarr-{app}" if secure else f"supportcarr-{app}"
