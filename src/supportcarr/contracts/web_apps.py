"""The web apps, which keep their refresh token in a cookie that no script can read.

Each app has a cookie of its own, so that signing in to one leaves the others signed in.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

AppName = Literal["rider", "driver", "admin"]
APPS: tuple[AppName, ...] = get_args(AppName)
MARK = "-signed-in"  # ends the name of the cookie that scripts may read
HEADER = "X-Supportcarr-App"  # names the app; its presence is the protection against forged requests


class WebApp(msgspec.Struct, frozen=True):
    """The web app that sent a request, and the refresh token of its cookie."""

    name: AppName
    refresh_token: str | None
    secure: bool  # False on a plain connection to another machine (local profile), where no browser keeps it

    @property
    def cookie_name(self) -> str:
        return cookie_name(self.name, secure=self.secure)

    def cookies(self, refresh_token: str, seconds: int) -> tuple[tuple[str, str], ...]:
        """The headers that store the next refresh token, and a mark that says that there is one.

        Scripts can read the mark, and it opens nothing: without it an app need not ask for a session.
        """
        kept = f"Path=/; Max-Age={seconds}"
        strict = "SameSite=Strict; Secure" if self.secure else "SameSite=Strict"
        return (
            ("set-cookie", f"{self.cookie_name}={refresh_token}; {kept}; HttpOnly; {strict}"),
            ("set-cookie", f"{self.cookie_name}{MARK}={'1' if refresh_token else ''}; {kept}; {strict}"),
        )

    def no_cookies(self) -> tuple[tuple[str, str], ...]:
        """The headers that remove both."""
        return self.cookies("", 0)


def cookie_name(app: str, *, secure: bool) -> str:
    """Browsers accept the prefix from our own host alone, over TLS (or loopback), for all paths."""
    return f"__Host-supportcarr-{app}" if secure else f"supportcarr-{app}"
