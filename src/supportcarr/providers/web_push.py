"""Messages to browsers through their push services (RFC 8030), encrypted for the browser alone (RFC 8291) and
signed by us (VAPID, RFC 8292).

The browser names the address, so a request goes to known push services only, and through the guarded client.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Literal

import http_ece
from aiohttp.abc import AbstractResolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey
from msgspec.structs import replace
from yarl import URL

from supportcarr.kit.http.guarded_client import (
    AddressRefused,
    GuardedClient,
    NotReached,
    ReceivedResponse,
    RequestFailed,
    checked_url,
)
from supportcarr.kit.http.settings import OutboundSettings
from supportcarr.kit.observability import tracing
from supportcarr.kit.runtime.cache import BoundedCache
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker
from supportcarr.notifications.push.ports import (
    BadTarget,
    PushGone,
    PushMessage,
    PushRefused,
    PushTarget,
    PushUnavailable,
)
from supportcarr.providers.settings import PushSettings
from supportcarr.providers.vapid import decoded, private_key_of, public_key_of

SIGNED_FOR_SECONDS = 12 * 3600  # a signature; RFC 8292 allows 24 hours
BREAKER_S = 5.0  # for which a push service that failed is left alone
LIMITED_RETRY_S = 30.0  # after 429 without Retry-After
RETRY_MIN_S, RETRY_MAX_S = 1.0, 600.0
RESPONSE_BYTES_MAX = 65_536
SERVICES_MAX = 256  # hosts of which the breakers are kept
AUTH_BYTES = 16

Outcome = Literal["accepted", "gone", "limited", "failed", "refused"]


def outcome_of(status: int) -> Outcome:
    """What a push service's status says of the message."""
    if 200 <= status < 300:
        return "accepted"
    if status in (404, 410):
        return "gone"
    if status == 429:
        return "limited"
    return "failed" if status >= 500 else "refused"


def retry_seconds(header: str | None, default: float, now: float) -> float:
    """The seconds that ``Retry-After`` asks for, as a number or a date; bounded."""
    seconds = default
    if header:
        try:
            seconds = float(header)
        except ValueError:
            try:
                seconds = parsedate_to_datetime(header).timestamp() - now
            except ValueError:
                seconds = default
    if seconds != seconds:  # NaN
        seconds = default
    return min(max(seconds, RETRY_MIN_S), RETRY_MAX_S)


def is_allowed(host: str, allowed: str) -> bool:
    """Whether a host is one of the comma-separated *allowed* ones, of which some begin with ``*.``."""
    for entry in (part.strip().lower() for part in allowed.split(",")):
        if entry.startswith("*.") and host.endswith(entry[1:]) and len(host) > len(entry) - 1:
            return True
        if entry and host == entry:
            return True
    return False


class WebPush:
    """Implements ``notifications.push.ports.PushSender``.  Nothing is retried here: the caller is a job."""

    def __init__(
        self,
        settings: PushSettings,
        outbound: OutboundSettings,
        *,
        contact: str,
        resolver: AbstractResolver | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """*contact*: whom a push service asks about our messages; a URL (``mailto:`` or https)."""
        self._settings = settings
        self._contact = contact
        self._wall = wall
        self._private = private_key_of(settings.vapid_private_key) if settings.vapid_private_key else None
        self._public = public_key_of(self._private) if self._private else None
        self._signing = ECKey.import_key(self._private) if self._private else None
        limits = replace(
            outbound, timeout_seconds=settings.timeout_seconds, max_body_bytes=RESPONSE_BYTES_MAX
        )
        self._client = GuardedClient(replace(limits, allow_loopback=False), resolver=resolver)
        self._emulator = settings.emulator_url.rstrip("/")
        self._emulator_client = GuardedClient(replace(limits, allow_loopback=True))
        self._breakers: BoundedCache[str, CircuitBreaker] = BoundedCache(SERVICES_MAX, 3600.0)

    @property
    def public_key(self) -> str | None:
        return self._public

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
        await self._emulator_client.close()

    def check(self, target: PushTarget) -> None:
        try:
            self._address(target.endpoint)
        except AddressRefused as error:
            raise BadTarget("endpoint", "not_allowed", str(error)) from None
        try:
            _browser_key(target.p256dh)
        except (ValueError, UnsupportedAlgorithm):
            raise BadTarget("keys.p256dh", "invalid", "This is no public key of P-256") from None
        try:
            valid = len(decoded(target.auth)) == AUTH_BYTES
        except ValueError:
            valid = False
        if not valid:
            raise BadTarget("keys.auth", "invalid", f"This is no secret of {AUTH_BYTES} bytes")

    async def send(self, target: PushTarget, message: PushMessage) -> None:
        try:
            address = self._address(target.endpoint)
            self.check(target)
        except (AddressRefused, BadTarget) as error:
            raise PushRefused("not_allowed", str(error)) from None
        breaker = self._breaker_of(address)
        if not breaker.allow():
            raise PushUnavailable(f"{address.host} failed a moment ago", retry_after=BREAKER_S)
        client = self._emulator_client if self._is_emulator(target.endpoint) else self._client
        try:
            with tracing.spanning("web push"):
                response = await client.request(
                    "POST",
                    target.endpoint,
                    body=encrypted(message.payload, target),
                    headers=self._headers(address, message),
                )
        except AddressRefused as error:
            raise PushRefused("not_allowed", str(error)) from None
        except NotReached as error:
            breaker.record_failure()
            raise PushUnavailable(str(error), retry_after=BREAKER_S) from None
        except RequestFailed as error:
            breaker.record_success()
            raise PushRefused("bad_response", str(error)) from None
        self._judge(address.host or "", response, breaker)

    def _judge(self, host: str, response: ReceivedResponse, breaker: CircuitBreaker) -> None:
        """Raises what the status says."""
        status = response.status
        outcome = outcome_of(status)
        if outcome == "failed":
            breaker.record_failure()
            wait = retry_seconds(response.retry_after, BREAKER_S, self._wall())
            raise PushUnavailable(f"{host} answered {status}", retry_after=wait)
        breaker.record_success()
        if outcome == "gone":
            raise PushGone
        if outcome == "limited":
            wait = retry_seconds(response.retry_after, LIMITED_RETRY_S, self._wall())
            raise PushUnavailable(f"{host} answered {status}", retry_after=wait)
        if outcome == "refused":
            raise PushRefused(str(status), f"{host} answered {status}")

    def _headers(self, address: URL, message: PushMessage) -> dict[str, str]:
        headers = {
            "authorization": self._signature(address),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(message.ttl_seconds),
            "urgency": message.urgency,
        }
        return headers if message.topic is None else headers | {"topic": message.topic}

    def _signature(self, address: URL) -> str:
        assert self._signing is not None, "without a key nobody subscribes"
        claims = {
            "aud": str(address.origin()),
            "exp": int(self._wall()) + SIGNED_FOR_SECONDS,
            "sub": self._contact,
        }
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._signing)
        return f"vapid t={token}, k={self._public}"

    def _breaker_of(self, address: URL) -> CircuitBreaker:
        host = str(address.origin())
        breaker = self._breakers.get(host)
        if breaker is None:
            breaker = CircuitBreaker(BREAKER_S)
            self._breakers.put(host, breaker)
        return breaker

    def _is_emulator(self, endpoint: str) -> bool:
        return bool(self._emulator) and endpoint.startswith(f"{self._emulator}/")

    def _address(self, endpoint: str) -> URL:
        """The URL of a push service that is known.  Raises ``AddressRefused``."""
        if self._is_emulator(endpoint):
            return checked_url(endpoint, loopback=True)
        address = checked_url(endpoint)
        if not is_allowed((address.host or "").lower().rstrip("."), self._settings.hosts):
            raise AddressRefused(f"{address.host} is not a push service that this platform sends to")
        return address


def encrypted(
    content: bytes,
    target: PushTarget,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a message (RFC 8291): encrypted for the browser with a key pair that is used once.

    *key* and *salt*: those of the RFC's example; else random ones.
    """
    body: bytes = http_ece.encrypt(
        content,
        salt=salt,
        private_key=key or ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(target.p256dh),
        auth_secret=decoded(target.auth),
        version="aes128gcm",
    )
    return body


def _browser_key(text: str) -> None:
    """Raises ``ValueError`` unless the text is a point on the curve, uncompressed."""
    point = decoded(text)
    if len(point) != 65:
        raise ValueError("a point has 65 bytes")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
