"""The process that serves the emulators (``supportcarr sandbox``)."""

from __future__ import annotations

from pathlib import Path

from supportcarr.bootstrap.ports import reachable_host
from supportcarr.bootstrap.processes import run_process
from supportcarr.bootstrap.settings import Settings, checks_of
from supportcarr.gateway.endpoint import API
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.runtime.settings import SettingsError
from supportcarr_lab.emulators.app import TwilioAccount, create_app
from supportcarr_lab.emulators.checks.api import CheckAccount
from supportcarr_lab.emulators.phone_sign_in import PhoneSignIn


async def _serve_emulators(settings: Settings) -> None:
    lifecycle = Lifecycle()
    lifecycle.watch_signals()
    servers = settings.servers
    api = f"http://{reachable_host(servers.host)}:{servers.port}{API}"
    app = create_app(
        data=Path(settings.deployment.data),
        api_key=settings.stripe.api_key,
        webhook_secret=settings.stripe.webhook_secret,
        webhook_url=f"{api}/webhooks/stripe",
        twilio=TwilioAccount(settings.twilio.account_sid, settings.twilio.auth_token),
        checks={
            kind: CheckAccount(
                checks.api_key,
                checks.webhook_secret,
                f"{api}/webhooks/checks/{kind}" if checks.api_key else None,
            )
            for kind, checks in checks_of(settings).items()
        },
        phones=PhoneSignIn(
            Path(settings.deployment.data),
            api_url=f"{'https' if settings.tls.certificate else 'http'}{api.removeprefix('http')}",
            public_url=settings.deployment.public_url,
        ),
    )
    lifecycle.mark_ready()
    await serve(app, servers.host, servers.sandbox_port, 2.0, lifecycle=lifecycle)  # type: ignore[arg-type]  # Litestar types ASGI by itself


def run_emulators(settings: Settings) -> None:
    """Serve the emulators until SIGTERM.  Raises ``SettingsError`` outside the local profile."""
    if settings.deployment.profile != "local":
        raise SettingsError("The emulators run in the local profile only.")
    run_process(settings, "sandbox", _serve_emulators)
