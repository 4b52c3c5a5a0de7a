"""Which web pages may use our servers.  Browsers send the page's origin; other clients send none."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog

from supportcarr.kit.http.types import Headers
from supportcarr.kit.runtime.setting_rules import LOOPBACK
from supportcarr.kit.runtime.settings import Deployment

_LOGGED = 20  # different refused origins: strangers choose them

log = structlog.get_logger(__name__)


class AllowedOrigins:
    """The origin of ``PUBLIC_URL`` and those of ``ALLOWED_ORIGINS``.

    In the local profile also any page of this machine, because its ports vary.
    """

    def __init__(self, deployment: Deployment) -> None:
        declared = [deployment.public_url, *deployment.allowed_origins.split(",")]
        self._allowed = {origin_of(url.strip()) for url in declared if url.strip()}
        self._own = origin_of(deployment.public_url)
        self._local = deployment.profile == "local"
        self._logged: set[str] = set()

    def allow(self, headers: Headers) -> bool:
        """Whether a request with those headers may connect: each origin in it is allowed."""
        return all(self._allows(value.decode("latin-1")) for name, value in headers if name == b"origin")

    def declares(self, origin: bytes) -> bool:
        """Whether it is the origin of ``PUBLIC_URL`` or one of ``ALLOWED_ORIGINS``, in any profile."""
        return origin.decode("latin-1").lower() in self._allowed

    def declares_other(self, origin: bytes) -> bool:
        """Whether it is one of ``ALLOWED_ORIGINS``, other than our own."""
        return self.declares(origin) and origin.decode("latin-1").lower() != self._own

    def _allows(self, origin: str) -> bool:
        if origin.lower() in self._allowed or (self._local and _is_loopback(origin)):
            return True
        if origin not in self._logged and len(self._logged) < _LOGGED:
            self._logged.add(origin)
            log.warning("origin_refused", origin=origin[:200], setting="SUPPORTCARR_ALLOWED_ORIGINS")
        return False


def origin_of(url: str) -> str:
    """The origin of a URL as browsers send it: without the scheme's own port, in lower case."""
    parts = urlsplit(url.lower())
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, standard) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _is_loopback(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK
    except ValueError:
        return False
