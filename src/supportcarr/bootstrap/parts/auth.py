"""The parts ``auth`` and ``partners``: accounts, sign-in, sessions and tokens; partners and their keys."""

from __future__ import annotations

from collections.abc import Callable

from supportcarr.auth import handlers, jobs, webhook_routes
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.code_texts import CodeTexts
from supportcarr.auth.failed_sign_ins import FailedSignIns
from supportcarr.auth.guesses import GuessLimiter, GuessRules
from supportcarr.auth.legal_documents import LegalDocuments
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.password_service import PasswordService
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.people import PeopleService
from supportcarr.auth.personal_data import AccountData
from supportcarr.auth.phone_change import PhoneChange
from supportcarr.auth.ports import SmsSender
from supportcarr.auth.registration import Registration
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_activity import SessionActivity
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.auth.totp_service import TotpService
from supportcarr.bootstrap.parts.audit import AuditPart
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.gateway.endpoint import API
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.partners.key_verifier import PartnerKeys
from supportcarr.partners.service import PartnerService
from supportcarr.providers.twilio import TwilioSmsSender


class AuthPart(Part):
    """``AuthRoutes`` declares the routes."""

    def __init__(self, core: Core, audit: AuditPart, make_sms: Callable[[], SmsSender] | None) -> None:
        store, clock, settings = core.store, core.clock, core.settings.auth
        # Who is calling: a person with a token, or a partner with a key.
        self.partners = PartnerService(store, clock, settings.lookup_secret)
        self._partner_keys = PartnerKeys(store, clock, settings.lookup_secret)
        self.revocations = Revocations(store, clock, settings, core.redis.durable)
        self.signing_keys = SigningKeys(settings, store, clock)
        self.session_activity = SessionActivity(core.redis.durable, clock)
        self.tokens = AccessTokens(
            settings,
            self.revocations,
            self.signing_keys,
            sessions=self.session_activity,
            partner_keys=self._partner_keys,
        )
        # Signing in.
        self.passwords = PasswordHasher(settings)
        self.guesses = GuessLimiter(store, clock, GuessRules.from_settings(settings))
        self.totp = TotpService(
            store,
            clock,
            secret=settings.lookup_secret,
            seal=core.data_keys,
            guesses=self.guesses,
            issue=self.tokens.issue_for,
        )
        guard = SignInGuard(store, clock, self.guesses, settings.lookup_secret)
        self.failed_sign_ins = FailedSignIns(audit.log)
        self.service = AuthService(
            store,
            clock,
            settings,
            tokens=self.tokens,
            passwords=self.passwords,
            revocations=self.revocations,
            activity=self.session_activity,
            totp=self.totp,
            guard=guard,
            failures=self.failed_sign_ins,
        )
        # Accounts: what is confirmed with a code that is sent by text message.
        self.names = NameIndex(store, settings.lookup_secret)
        self.people = PeopleService(store, clock, self.service, self.names)
        self.sms = make_sms() if make_sms else _twilio(core)
        self.codes = SmsCodes(store, clock, settings)
        self.code_texts = CodeTexts(store, clock, settings, self.codes, self.sms)
        self.registration = Registration(
            store,
            clock,
            settings,
            auth=self.service,
            passwords=self.passwords,
            codes=self.codes,
            guard=guard,
        )
        self.phone_change = PhoneChange(
            store,
            clock,
            settings,
            auth=self.service,
            passwords=self.passwords,
            codes=self.codes,
            guard=guard,
        )
        self.password_service = PasswordService(
            store,
            clock,
            settings,
            auth=self.service,
            passwords=self.passwords,
            codes=self.codes,
            guard=guard,
        )
        self.legal = LegalDocuments(core.settings.legal)
        self.account_data = AccountData(store, self.service, self.names)

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.code_texts, self.names)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(
            self.service, self.signing_keys, self.guesses, self.registration, self.codes, self.code_texts
        )

    async def close(self) -> None:
        await self.failed_sign_ins.close()
        await self._partner_keys.close()
        await self.sms.close()
        self.passwords.close()


def _twilio(core: Core) -> TwilioSmsSender:
    public_url = core.settings.deployment.public_url.rstrip("/")
    return TwilioSmsSender(core.settings.twilio, status_url=f"{public_url}{API}{webhook_routes.STATUS_PATH}")
