"""The session cookies of web apps (``contracts.web_apps``).

A request that uses a cookie must name its app in a header of ours.  No page of another origin can send that
header without our consent (it makes the browser ask first, see ``gateway.cors``), the cookie is
``SameSite=Strict``, and the Origin that browsers send with every change is checked as well.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from supportcarr.contracts.errors import ApiError, Forbidden
from supportcarr.contracts.web_apps import APPS, HEADER, WebApp, cookie_name
from supportcarr.gateway.problems import InvalidHeader
from supportcarr.kit.http.origins import AllowedOrigins
from supportcarr.kit.runtime.setting_rules import LOOPBACK
from supportcarr.kit.runtime.settings import Deployment

_HEADER = HEADER.lower().encode()


class OriginRefused(Forbidden):
    code, title = "origin_refused", "This page may not use the session of the app"


class WebApps:
    """Finds the app that sent a request, and its cookie."""

    def __init__(self, deployment: Deployment, origins: AllowedOrigins) -> None:
        url = urlsplit(deployment.public_url)
        # Browsers treat loopback like TLS: they keep and send Secure cookies there.
        self._secure = url.scheme == "https" or url.hostname in LOOPBACK
        self._origins = origins
        self._apps = {app.encode(): (app, cookie_name(app, secure=self._secure).encode()) for app in APPS}

    def read(self, headers: dict[bytes, bytes]) -> tuple[WebApp | None, ApiError | None]:
        """The app that a request names, if any; or the error for one that may not use the cookie."""
        named = headers.get(_HEADER)
        if named is None:
            return None, None
        app = self._apps.get(named)
        if app is None:
            return None, InvalidHeader(f"{HEADER} must be one of {', '.join(APPS)}")
        if not self._may_use(headers):
            return None, OriginRefused()
        name, cookie = app
        return WebApp(name, _cookie(headers.get(b"cookie", b""), cookie), self._secure), None

    def _may_use(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin")
        if origin is None or self._origins.declares(origin):
            return True
        # The address that the person opened may be another than PUBLIC_URL: localhost, a name of the machine.
        return origin.partition(b"://")[2] == headers.get(b"host")


def _cookie(header: bytes, name: bytes) -> str | None:
    """The value of a cookie; ``None`` if there is none, or it is empty or not ASCII."""
    for part in header.split(b";"):
        key, _, value = part.strip().partition(b"=")
        if key == name and value and value.isascii():
            return value.decode("ascii")
    return None
