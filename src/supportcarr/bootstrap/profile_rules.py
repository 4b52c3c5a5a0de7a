"""What the profiles staging and production require: own secrets, TLS beyond this machine, no debugging.

Connections are found by the URLs in all settings, so a setting that is added later is checked as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dotenv import dotenv_values

from supportcarr.auth.settings import lookup_secrets, token_keys
from supportcarr.bootstrap.settings import Settings
from supportcarr.kit.runtime.setting_rules import LOOPBACK
from supportcarr.kit.runtime.settings import (
    PREFIX,
    SettingsError,
    declared,
    is_generated,
    is_required,
    is_secret,
)

SHORTEST_SECRET = 16  # characters; services choose the length of theirs
SHORTEST_OWN_SECRET = 32
FEWEST_CHARACTERS = 8  # that differ
PLACEHOLDERS = ("changeme", "change-me", "change_me", "password", "example", "placeholder", "supportcarr")
BCRYPT_COST = 12
_PLAIN = ("http", "ws", "redis")  # schemes without TLS
_UNVERIFIED = ("tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames")
_DEBUGGING = ("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONINSPECT")


def refuse_insecure(settings: Settings) -> None:
    """Raises ``SettingsError`` with all that the profile does not allow."""
    found = insecure_settings(settings, os.environ)
    if found:
        raise SettingsError(" ".join(found))


def insecure_settings(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """What the profile does not allow: a sentence each, with the variable's name.

    *environment* has the variables of Python itself.  The local profile allows everything.
    """
    profile = settings.deployment.profile
    if profile == "local":
        return []
    found = [*_secrets(settings), *_connections(settings), *_debugging(settings, environment)]
    return [f"{name} is not allowed in {profile}: {why}." for name, why in found]


def _values(settings: Settings) -> Iterator[tuple[str, Any, Any]]:
    """The variable's name of each setting, its value, and its declaration."""
    groups = {type(getattr(settings, name)): getattr(settings, name) for name in settings.__struct_fields__}
    for group, field, name, meta in declared(Settings):
        yield name, getattr(groups[group], field.name), meta


def _secrets(settings: Settings) -> Iterator[tuple[str, str]]:
    kept = Path(settings.deployment.data) / "secrets.env"
    generated = {value for value in dotenv_values(kept).values() if value} if kept.is_file() else set()
    for name, value, meta in _values(settings):
        of_checks = name.startswith(tuple(f"{PREFIX}{kind}_CHECKS" for kind in ("IDENTITY", "BACKGROUND")))
        is_optional = not is_required(meta)
        if is_optional and not (value and is_secret(meta) and (of_checks or is_generated(meta))):
            continue
        secrets = _secrets_in(name, value)
        issued = of_checks or name.startswith((f"{PREFIX}STRIPE", f"{PREFIX}TWILIO"))
        least = SHORTEST_SECRET if issued else SHORTEST_OWN_SECRET
        if value in generated or any(secret in generated for secret in secrets):
            yield name, f"the local profile generated it ({kept})"
        elif any(len(secret) < least for secret in secrets):
            yield name, f"it must have at least {least} characters"
        elif any(_is_placeholder(secret) for secret in secrets):
            yield name, "it looks like a placeholder; use random characters (openssl rand -base64 32)"
    if settings.deployment.profile == "production" and "_test_" in settings.stripe.api_key:
        yield f"{PREFIX}STRIPE_API_KEY", "it is a test key, with which nobody pays"


def _secrets_in(name: str, value: str) -> list[str]:
    """The secrets of a setting, of which some have several."""
    if name.endswith("TOKEN_SECRETS"):
        return [secret for _, secret in token_keys(value)]
    return list(lookup_secrets(value)) if name.endswith("LOOKUP_SECRET") else [value]


def _is_placeholder(secret: str) -> bool:
    return len(set(secret)) < FEWEST_CHARACTERS or any(word in secret.lower() for word in PLACEHOLDERS)


def _connections(settings: Settings) -> Iterator[tuple[str, str]]:
    for name, value, _ in _values(settings):
        if isinstance(value, str) and "://" in value:
            for host in plain_hosts(value):
                yield name, f"the connection to {host} would not be encrypted and verified"
    servers = settings.servers
    if not is_loopback(servers.host) and not settings.tls.certificate:
        yield (
            f"{PREFIX}HOST",
            f"{servers.host} can be reached from other machines without TLS; listen on 127.0.0.1 behind a "
            f"proxy on this machine, or set {PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY",
        )
    if settings.push.emulator_url:
        yield f"{PREFIX}PUSH_EMULATOR_URL", "messages to browsers would go to it unencrypted"
    if settings.outbound.allow_loopback:
        yield f"{PREFIX}OUTBOUND_ALLOW_LOOPBACK", "others could reach this machine through it"


def plain_hosts(value: str) -> list[str]:
    """The other machines that a URL, or a comma-separated list of URLs, reaches without verified TLS."""
    scheme, _, rest = value.partition("://")
    if scheme in ("mongodb", "mongodb+srv"):
        return _plain_mongodb(scheme, rest)
    return [
        parts.hostname or ""
        for parts in (urlsplit(url.strip()) for url in value.split(","))
        if parts.scheme in _PLAIN and not is_loopback(parts.hostname or "")
    ]


def _plain_mongodb(scheme: str, rest: str) -> list[str]:
    location, _, query = rest.partition("?")
    options = {name.lower(): values[-1].lower() for name, values in parse_qs(query).items()}
    tls = options.get("tls", options.get("ssl", "true" if scheme.endswith("srv") else "false")) == "true"
    if tls and not any(options.get(name) == "true" for name in _UNVERIFIED):
        return []
    hosts = location.partition("/")[0].rpartition("@")[2].split(",")
    names = [urlsplit(f"//{host}").hostname or "" for host in hosts if "%2f" not in host.lower()]  # a socket
    return [name for name in names if not is_loopback(name)]


def is_loopback(host: str) -> bool:
    """Whether a connection to that host stays on this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in LOOPBACK


def _debugging(settings: Settings, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if settings.logs.level == "debug":
        yield f"{PREFIX}LOG_LEVEL", "debug lines may say more than a log should hold"
    if settings.auth.bcrypt_cost < BCRYPT_COST:
        yield f"{PREFIX}AUTH_BCRYPT_COST", f"passwords need a cost of {BCRYPT_COST} or more"
    for name in _DEBUGGING:
        if environment.get(name):
            yield name, "it turns debugging on"
