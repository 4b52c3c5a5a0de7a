"""Every setting, declared once: frozen, typed, one class a concern.

A setting is the environment variable ``SUPPORTCARR_`` + the class's prefix + the field's name, in
capitals.  A ``.env`` file in the working folder may hold it too, and in the local profile
``DATA/secrets.env`` holds the secrets made at first start; the environment wins over both.
``docs/settings.md`` is generated from here.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_type_hints

import msgspec
from dotenv import dotenv_values
from msgspec import Meta

PREFIX = "SUPPORTCARR_"


class SettingsError(Exception):
    """A setting is wrong or missing; the message is a sentence for the person who set it."""


class SettingsGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the classes; ``prefix`` comes between ``SUPPORTCARR_`` and the field's name."""

    prefix: ClassVar[str] = ""


SECRET: dict[str, Any] = {"secret": True}  # never shown; made by itself in the local profile
OPTIONAL_SECRET: dict[str, Any] = SECRET | {"optional": True}  # never shown; empty means: none


class Deployment(SettingsGroup, frozen=True, kw_only=True):
    """Where this runs."""

    profile: Annotated[
        Literal["local", "staging", "production"],
        Meta(description="local makes its own secrets and starts its own Redis and emulators"),
    ] = "local"
    data: Annotated[str, Meta(description="folder of the embedded stores (local profile)")] = ".data"
    public_url: Annotated[str, Meta(description="where people reach the apps")] = "http://127.0.0.1:8000"
    realtime_url: Annotated[str, Meta(description="where browsers reach the Socket.IO edge")] = (
        "http://127.0.0.1:8001"
    )
    store_url: Annotated[
        str,
        Meta(
            description="sqlite:///PATH or mongodb://…; empty: a SQLite file in DATA",
            extra=OPTIONAL_SECRET,
        ),
    ] = ""
    redis_url: Annotated[
        str,
        Meta(
            description="the durable Redis (queues, tokens, streams); empty: one is started",
            extra=OPTIONAL_SECRET,
        ),
    ] = ""
    cache_url: Annotated[
        str,
        Meta(
            description="the evicting Redis (caches, positions); empty: the durable one",
            extra=OPTIONAL_SECRET,
        ),
    ] = ""


class Servers(SettingsGroup, frozen=True, kw_only=True):
    """Processes and ports."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port of the API and the apps")] = 8000
    realtime_port: Annotated[int, Meta(ge=1, le=65535, description="port of the Socket.IO edge")] = 8001
    sandbox_port: Annotated[int, Meta(ge=1, le=65535, description="port of the emulators")] = 8002
    metrics_port: Annotated[
        int, Meta(ge=0, le=65535, description="first of the processes' own /metrics ports; 0: any free one")
    ] = 0
    api_processes: Annotated[int, Meta(ge=1, le=64, description="API processes that share the port")] = 2
    realtime_processes: Annotated[int, Meta(ge=1, le=64, description="real-time processes")] = 1
    worker_processes: Annotated[int, Meta(ge=1, le=64, description="worker processes")] = 1
    drain_seconds: Annotated[
        float, Meta(gt=0, description="how long a process may finish its work after SIGTERM")
    ] = 10.0
    watchdog_seconds: Annotated[
        float,
        Meta(ge=0, description="`up` and `demo` end a process whose event loop hangs that long; 0: none"),
    ] = 15.0
    requests_at_once: Annotated[
        int, Meta(ge=2, description="requests that one API process answers at a time; more get 503")
    ] = 512
    request_seconds: Annotated[
        float, Meta(gt=0, description="longest time of a request; then it gets 503")
    ] = 10.0
    max_body_bytes: Annotated[int, Meta(ge=1024, description="largest accepted request body")] = 262_144
    trusted_proxies: Annotated[
        str, Meta(description="comma-separated networks whose X-Forwarded-For is believed")
    ] = ""


class City(SettingsGroup, frozen=True, kw_only=True):
    """The city's clock (local profile only; elsewhere it is the wall's)."""

    prefix = "CITY_"
    speed: Annotated[float, Meta(gt=0, le=120, description="city seconds a wall second")] = 1.0


class Auth(SettingsGroup, frozen=True, kw_only=True):
    """Accounts and tokens."""

    prefix = "AUTH_"
    token_secrets: Annotated[
        str,
        Meta(description="HS256 secrets as KID:SECRET, comma-separated; the first one signs", extra=SECRET),
    ] = ""
    lookup_secret: Annotated[str, Meta(description="key of the look-up hashes (phone)", extra=SECRET)] = ""
    access_seconds: Annotated[int, Meta(ge=30, description="life of an access token")] = 900
    refresh_seconds: Annotated[int, Meta(ge=60, description="life of a session without use")] = 86_400
    bcrypt_cost: Annotated[int, Meta(ge=4, le=16, description="bcrypt's cost; 12 unless in tests")] = 12
    bcrypt_threads: Annotated[int, Meta(ge=1, le=16, description="threads that hash passwords")] = 2


class Limits(SettingsGroup, frozen=True, kw_only=True):
    """Rate limits in the request path (wall time)."""

    prefix = "LIMITS_"
    user_per_minute: Annotated[int, Meta(ge=1, description="requests a minute a user")] = 300
    address_per_minute: Annotated[int, Meta(ge=1, description="requests a minute an address")] = 1200
    sensitive_per_minute: Annotated[
        int, Meta(ge=1, description="sign-ins, sign-ups and the like a minute an address")
    ] = 20
    lease: Annotated[int, Meta(ge=1, le=64, description="tokens leased to a process at a time; 1: none")] = 8


class Stripe(SettingsGroup, frozen=True, kw_only=True):
    """Card payments."""

    prefix = "STRIPE_"
    api_key: Annotated[str, Meta(description="secret key", extra=SECRET)] = ""
    webhook_secret: Annotated[
        str, Meta(description="signing secret of the webhook endpoint", extra=SECRET)
    ] = ""
    api_base: Annotated[str, Meta(description="empty: Stripe; the local profile uses its emulator")] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, description="time-out of one call")] = 10.0
    tolerance_seconds: Annotated[int, Meta(ge=1, description="oldest accepted webhook signature")] = 300


class Quotes(SettingsGroup, frozen=True, kw_only=True):
    """Quotes."""

    prefix = "QUOTES_"
    secret: Annotated[str, Meta(description="key that signs quotes", extra=SECRET)] = ""
    seconds: Annotated[int, Meta(ge=60, description="life of a quote (city time)")] = 600


class Rescues(SettingsGroup, frozen=True, kw_only=True):
    """The life of a rescue (city time)."""

    prefix = "RESCUES_"
    hold_seconds: Annotated[float, Meta(gt=0, description="longest wait for the card's hold")] = 300
    matching_seconds: Annotated[float, Meta(gt=0, description="longest search for a driver")] = 480
    free_cancellation_seconds: Annotated[
        float, Meta(ge=0, description="free cancellation after the first acceptance")
    ] = 120
    no_show_seconds: Annotated[float, Meta(ge=0, description="wait before a no-show")] = 600
    pin_tries: Annotated[int, Meta(ge=1, description="tries of the start PIN")] = 5


class Dispatch(SettingsGroup, frozen=True, kw_only=True):
    """Matching and offers (city time)."""

    prefix = "DISPATCH_"
    offer_seconds: Annotated[float, Meta(gt=0, description="life of an offer")] = 15
    fresh_seconds: Annotated[float, Meta(gt=0, description="oldest position of a candidate")] = 30
    radius_m: Annotated[float, Meta(gt=0, description="first radius of the search")] = 5_000
    radius_max_m: Annotated[float, Meta(gt=0, description="largest radius of the search")] = 25_000
    missed_offers: Annotated[int, Meta(ge=1, description="missed offers that put a driver offline")] = 3


class Routing(SettingsGroup, frozen=True, kw_only=True):
    """Distances and times by road."""

    prefix = "ROUTING_"
    detour: Annotated[float, Meta(ge=1, description="road metres a straight metre")] = 1.35
    speed_kmh: Annotated[float, Meta(gt=0, description="mean speed in the city")] = 30.0


class Streams(SettingsGroup, frozen=True, kw_only=True):
    """Streams of events for people."""

    prefix = "STREAMS_"
    user_events: Annotated[int, Meta(ge=10, description="events kept a person")] = 1_000
    ops_events: Annotated[int, Meta(ge=10, description="events kept an area")] = 50_000
    firehoses: Annotated[int, Meta(ge=1, le=64, description="firehoses that streams are spread over")] = 1
    firehose_events: Annotated[int, Meta(ge=100, description="events kept in a firehose")] = 100_000
    keep_seconds: Annotated[int, Meta(ge=60, description="how long a stream is kept")] = 3_600
    heads_seconds: Annotated[float, Meta(gt=0, description="how often heads are told")] = 3.0


class Jobs(SettingsGroup, frozen=True, kw_only=True):
    """Background work (wall time)."""

    prefix = "JOBS_"
    concurrency: Annotated[int, Meta(ge=1, description="jobs at once in one worker")] = 16
    attempts: Annotated[int, Meta(ge=1, description="failures before a job is a dead letter")] = 12
    sweep_seconds: Annotated[float, Meta(gt=0, description="how often left work is looked for")] = 2.0


class Logs(SettingsGroup, frozen=True, kw_only=True):
    """Logs."""

    prefix = "LOG_"
    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="least level")] = "info"
    file: Annotated[str, Meta(description="empty: standard error")] = ""


class Map(SettingsGroup, frozen=True, kw_only=True):
    """Maps in the apps."""

    prefix = "MAP_"
    style_url: Annotated[str, Meta(description="a style's URL; empty: our own plain style")] = ""
    content_sources: Annotated[
        str, Meta(description="comma-separated origins of the style's tiles, fonts and signs, if not its own")
    ] = ""
    mapbox_token: Annotated[str, Meta(description="public Mapbox token (pk.…)")] = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    deployment: Deployment
    servers: Servers
    city: City
    auth: Auth
    limits: Limits
    stripe: Stripe
    quotes: Quotes
    rescues: Rescues
    dispatch: Dispatch
    routing: Routing
    streams: Streams
    jobs: Jobs
    logs: Logs
    map: Map


G = TypeVar("G", bound=SettingsGroup)


def declared() -> Iterator[tuple[type[SettingsGroup], msgspec.inspect.Field, str, Meta]]:
    """Each setting: its class, its field, its variable's name, and its description."""
    for group_field in msgspec.structs.fields(Settings):
        group = group_field.type
        info = msgspec.inspect.type_info(group)
        assert isinstance(info, msgspec.inspect.StructType)
        annotations = get_type_hints(group, include_extras=True)
        for field in info.fields:
            meta = annotations[field.name].__metadata__[0]
            yield group, field, f"{PREFIX}{group.prefix}{field.name}".upper(), meta


def is_secret(meta: Meta) -> bool:
    return bool((meta.extra or {}).get("secret"))


def is_required(meta: Meta) -> bool:
    """True for a secret without which nothing starts outside the local profile."""
    return is_secret(meta) and not (meta.extra or {}).get("optional")


def _made_secret(name: str) -> str:
    value = secrets.token_urlsafe(32)
    return f"k1:{value}" if name.endswith("TOKEN_SECRETS") else value


def load(environment: Mapping[str, str] | None = None, *, dotenv: str | None = ".env") -> Settings:
    """Read and check every setting.  Raises ``SettingsError`` with a sentence that names the variable.

    In the local profile secrets that nobody set are made and kept in ``DATA/secrets.env``
    (readable by its owner only), so that the next start has the same ones.
    """
    given = dict(os.environ if environment is None else environment)
    if dotenv and Path(dotenv).is_file():
        given = {k: v for k, v in dotenv_values(dotenv).items() if v is not None} | given
    names = {name for _, _, name, _ in declared()}
    unknown = sorted(k for k in given if k.startswith(PREFIX) and k not in names)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; docs/settings.md lists them all.")
    local = given.get(f"{PREFIX}PROFILE", "local") == "local"
    if local:
        given = _local_secrets(given) | given
    groups = {f.name: _group(f.type, given, local) for f in msgspec.structs.fields(Settings)}
    return Settings(**groups)


def _group(group: type[G], given: Mapping[str, str], local: bool) -> G:
    values: dict[str, str] = {}
    for owner, field, name, meta in declared():
        if owner is not group:
            continue
        if name in given:
            values[field.name] = given[name]
        elif not local and is_required(meta):
            raise SettingsError(f"{name} must be set outside the local profile: {meta.description}.")
    result: dict[str, Any] = {}
    for field_name, text in values.items():
        name = f"{PREFIX}{group.prefix}{field_name}".upper()
        try:
            one = msgspec.convert({field_name: text}, group, strict=False)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at `")[0]
            raise SettingsError(f"{name} is not valid: {reason}.") from None
        result[field_name] = getattr(one, field_name)
    return group(**result)


def _local_secrets(given: Mapping[str, str]) -> dict[str, str]:
    folder = Path(given.get(f"{PREFIX}DATA", ".data"))
    file = folder / "secrets.env"
    kept = {k: v for k, v in dotenv_values(file).items() if v is not None} if file.is_file() else {}
    missing = [
        name
        for _, _, name, meta in declared()
        if is_secret(meta)
        and not (meta.extra or {}).get("optional")
        and name not in kept
        and name not in given
    ]
    if missing:
        kept |= {name: _made_secret(name) for name in missing}
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"secrets.env.{os.getpid()}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in sorted(kept.items()))
        temporary.replace(file)
    return kept
