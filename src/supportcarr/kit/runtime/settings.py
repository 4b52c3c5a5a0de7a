"""Settings from environment variables: frozen, typed, checked at start.

Each package that has settings declares them in its ``settings.py`` as a ``SettingsGroup``, and one
struct (``bootstrap.settings``) has a field for each group.  A setting is the environment variable
``SUPPORTCARR_`` + the group's prefix + the field's name, in capitals.  A ``.env`` file in the working
directory may hold it too; in the local profile ``DATA/secrets.env`` holds the secrets that were
generated at the first start.  The environment overrides both.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_type_hints

import msgspec
from dotenv import dotenv_values
from msgspec import Meta

from supportcarr.kit.runtime import setting_rules as rules
from supportcarr.kit.runtime.private_files import make_private_folder
from supportcarr.kit.runtime.setting_rules import rule
from supportcarr.kit.runtime.validation_sentences import sentence_of

PREFIX = "SUPPORTCARR_"


class SettingsError(Exception):
    """A setting is wrong or missing; the message is a sentence for the person who set it."""


class SettingsGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of groups; ``prefix`` comes between ``SUPPORTCARR_`` and the field's name."""

    prefix: ClassVar[str] = ""


SECRET: dict[str, Any] = {"secret": True}  # never shown; generated in the local profile
OPTIONAL_SECRET: dict[str, Any] = SECRET | {"optional": True}  # never shown; may be empty
# Never shown; may be empty, but the local profile generates one.
LOCAL_SECRET: dict[str, Any] = OPTIONAL_SECRET | {"generated": True}
# Beside these, ``extra`` may hold a rule (see ``setting_rules``).


class Deployment(SettingsGroup, frozen=True, kw_only=True):
    """Where this runs."""

    profile: Annotated[
        Literal["local", "staging", "production"],
        Meta(description="local generates its secrets and starts its own Redis and emulators"),
    ] = "local"
    release: Annotated[
        str,
        Meta(
            description="what runs, such as a version and its commit, as traces and error reports name it; "
            "empty: the package's version"
        ),
    ] = ""
    data: Annotated[str, Meta(description="directory of the embedded stores (local profile)")] = ".data"
    public_url: Annotated[str, Meta(description="URL of the API and the apps", extra=rule(rules.origin))] = (
        "http://127.0.0.1:8000"
    )
    realtime_url: Annotated[
        str, Meta(description="URL of the Socket.IO server", extra=rule(rules.origin))
    ] = "http://127.0.0.1:8001"
    allowed_origins: Annotated[
        str,
        Meta(
            description=(
                "comma-separated origins of other web apps that may use the API and connect to the "
                "Socket.IO server; PUBLIC_URL's may, and in the local profile any page of this machine may "
                "connect"
            ),
            extra=rule(rules.origins),
        ),
    ] = ""
    store_url: Annotated[
        str,
        Meta(
            description="sqlite:///PATH or mongodb://…; empty: a SQLite file in DATA",
            extra=OPTIONAL_SECRET | rule(rules.store_url),
        ),
    ] = ""
    redis_url: Annotated[
        str,
        Meta(
            description="the durable Redis (queues, rate limits, streams); empty: `up` starts one",
            extra=OPTIONAL_SECRET | rule(rules.redis_url),
        ),
    ] = ""
    cache_url: Annotated[
        str,
        Meta(
            description="the evicting Redis (positions); empty: the durable one",
            extra=OPTIONAL_SECRET | rule(rules.redis_url),
        ),
    ] = ""


class CityClockSettings(SettingsGroup, frozen=True, kw_only=True):
    """The city's clock (local profile only; elsewhere city time is wall time)."""

    prefix = "CITY_"
    speed: Annotated[float, Meta(gt=0, le=120, description="simulated seconds per real second")] = 1.0


S = TypeVar("S", bound=msgspec.Struct)
G = TypeVar("G", bound=SettingsGroup)


def declared(settings: type) -> Iterator[tuple[type[SettingsGroup], msgspec.inspect.Field, str, Meta]]:
    """Each setting of the struct *settings*: its group, its field, its variable's name, its description."""
    for group in msgspec.structs.fields(settings):
        for field, name, meta in _settings_of(group.type):
            yield group.type, field, name, meta


def is_secret(meta: Meta) -> bool:
    return bool((meta.extra or {}).get("secret"))


def is_required(meta: Meta) -> bool:
    """True for a secret without which nothing starts outside the local profile."""
    return is_secret(meta) and not (meta.extra or {}).get("optional")


def is_generated(meta: Meta) -> bool:
    """True for a secret that the local profile generates."""
    return is_required(meta) or bool((meta.extra or {}).get("generated"))


def load(
    settings: type[S],
    environment: Mapping[str, str] | None = None,
    *,
    dotenv: str | None = ".env",
    keep_secrets: bool = True,
) -> S:
    """Read and check the groups of the struct *settings*, and build it.

    Raises ``SettingsError`` with a sentence that names the variable.  In the local profile required
    secrets, and some optional ones, that are not set are generated and kept in ``DATA/secrets.env``
    (readable by its owner only), so that the next start has the same ones; without *keep_secrets* nothing
    is written.
    """
    given = dict(os.environ if environment is None else environment)
    if dotenv and Path(dotenv).is_file():
        given = {k: v for k, v in dotenv_values(dotenv).items() if v is not None} | given
    names = {name for _, _, name, _ in declared(settings)}
    secrets_required = {name for _, _, name, meta in declared(settings) if is_required(meta)}
    unknown = sorted(k for k in given if k.startswith(PREFIX) and k not in names)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; docs/settings.md lists them all.")
    given = {k: v for k, v in given.items() if v or k not in secrets_required}
    local = given.get(f"{PREFIX}PROFILE", "local") == "local"
    if local and given.get(f"{PREFIX}DATA", ".data"):
        given = _local_secrets(settings, given, keep=keep_secrets) | given
    groups = {f.name: _group(f.type, given, local) for f in msgspec.structs.fields(settings)}
    return settings(**groups)


def _settings_of(group: type[SettingsGroup]) -> Iterator[tuple[msgspec.inspect.Field, str, Meta]]:
    """Each setting of *group*: its field, its variable's name, its description."""
    info = msgspec.inspect.type_info(group)
    assert isinstance(info, msgspec.inspect.StructType)
    annotations = get_type_hints(group, include_extras=True)
    for field in info.fields:
        meta = annotations[field.name].__metadata__[0]
        yield field, f"{PREFIX}{group.prefix}{field.name}".upper(), meta


def _group(group: type[G], given: Mapping[str, str], local: bool) -> G:
    values: dict[str, Any] = {}
    for field, name, meta in _settings_of(group):
        if name in given:
            values[field.name] = _value(group, field, name, given[name], meta)
        elif not local and is_required(meta):
            raise SettingsError(f"{name} must be set outside the local profile: {meta.description}.")
    return group(**values)


def _value(group: type[SettingsGroup], field: msgspec.inspect.Field, name: str, text: str, meta: Meta) -> Any:
    """The value of one setting.  Raises ``SettingsError``."""
    try:
        value = getattr(msgspec.convert({field.name: text}, group, strict=False), field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("it must be a finite number")
        if value == "" and field.default:
            raise ValueError("it must not be empty")
        if value != "" and (check := (meta.extra or {}).get("rule")):
            check(value)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{name} is not valid: {sentence_of(error)}.") from None
    except ValueError as error:
        raise SettingsError(f"{name} is not valid: {error}.") from None
    return value


def _local_secrets(settings: type, given: Mapping[str, str], *, keep: bool) -> dict[str, str]:
    """The secrets in ``DATA/secrets.env``, after adding those that are missing there and in *given*.

    Without *keep* they are not added to the file.
    """
    folder = Path(given.get(f"{PREFIX}DATA", ".data"))
    file = folder / "secrets.env"
    kept = {k: v for k, v in dotenv_values(file).items() if v is not None} if file.is_file() else {}
    missing = [
        name
        for _, _, name, meta in declared(settings)
        if is_generated(meta) and name not in kept and name not in given
    ]
    if missing:
        kept |= {name: _generated_secret(name) for name in missing}
    if missing and keep:
        make_private_folder(folder)
        temporary = folder / f"secrets.env.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in sorted(kept.items()))
        temporary.replace(file)
    return kept


def _generated_secret(name: str) -> str:
    """A secret of 32 bytes; such a number is a private key of P-256 too (but for one in 2³²)."""
    value = secrets.token_urlsafe(32)
    return f"k1:{value}" if name.endswith("TOKEN_SECRETS") else value
