"""The routes of ``auth`` and ``partners``: those for operators need ``privacy``, which needs the accounts."""

from __future__ import annotations

from supportcarr.auth import (
    account_routes,
    legal_routes,
    password_routes,
    people_routes,
    routes,
    totp_routes,
    webhook_routes,
)
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.auth import AuthPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.bootstrap.parts.privacy import PrivacyPart
from supportcarr.contracts.routing import Route
from supportcarr.partners import routes as partners_routes


class AuthRoutes(Part):
    def __init__(self, core: Core, auth: AuthPart, privacy: PrivacyPart, audit: AuditPart) -> None:
        self._access_seconds = core.settings.auth.access_seconds
        self._auth, self._privacy, self._audit = auth, privacy, audit

    def routes(self) -> list[Route]:
        auth = self._auth
        return [
            *account_routes.routes(auth.registration, auth.phone_change, auth.legal),
            *legal_routes.routes(auth.legal),
            *password_routes.routes(auth.password_service),
            *routes.routes(auth.service),
            *people_routes.routes(auth.people, auth.service, self._privacy.deletions, self._audit.log),
            *partners_routes.routes(auth.partners),
            *webhook_routes.routes(auth.code_texts),
            *totp_routes.routes(auth.totp, auth.service, self._access_seconds),
        ]
