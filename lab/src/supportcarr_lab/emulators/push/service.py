"""A push service and its browsers: takes messages as Mozilla's or Google's does, and decrypts them.

POST /push/TOKEN    a message: refused unless it is signed for this service by the key with which the browser
                    subscribed (RFC 8292), is encrypted as RFC 8291 says, and has a TTL (RFC 8030)

A browser is made by a test; all is kept in memory, as a browser forgets it with its profile.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import http_ece
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from supportcarr.providers.vapid import decoded, encoded

BROWSERS_MAX = 1000  # the oldest are forgotten
MESSAGES_KEPT = 200
BODY_BYTES_MAX = 4096  # RFC 8030, section 7.2
SIGNED_FOR_MAX_S = 24 * 3600
_URGENCIES = ("very-low", "low", "normal", "high")

Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class PushBehaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the service misbehaves; not at all by default.

    ``fail_next``: that many messages are answered with ``status`` (and ``retry_after``, in seconds) instead
    of being delivered.  ``delay_ms``: how long each answer takes.
    """

    fail_next: Count = 0
    status: Literal[400, 401, 403, 404, 410, 413, 429, 500, 502, 503] = 503
    retry_after: Count | None = None
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0


@dataclass(frozen=True, slots=True)
class PushAnswer:
    status: int
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Browser:
    """A browser: its private key, its secret, and the key of the server that may send to it."""

    private: ec.EllipticCurvePrivateKey
    auth: bytes
    server_key: str | None


class NewBrowser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A browser that subscribes; ``server_key`` is what it passes as ``applicationServerKey``."""

    server_key: str | None = None


class PushService:
    """Takes messages for the browsers that were made."""

    def __init__(self, behaviour: PushBehaviour) -> None:
        self._behaviour = behaviour
        self._browsers: dict[str, _Browser] = {}
        self._messages: deque[dict[str, Any]] = deque(maxlen=MESSAGES_KEPT)

    def subscribe(self, base: str, new: NewBrowser) -> dict[str, Any]:
        """Make a browser; what ``PushSubscription.toJSON()`` gives in it."""
        token = secrets.token_urlsafe(24)
        browser = _Browser(ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16), new.server_key)
        self._browsers[token] = browser
        if len(self._browsers) > BROWSERS_MAX:
            del self._browsers[next(iter(self._browsers))]
        point = ECKey.import_key(browser.private).as_dict(private=False)
        public = b"\x04" + decoded(str(point["x"])) + decoded(str(point["y"]))
        return {
            "endpoint": f"{base}/push/{token}",
            "expirationTime": None,
            "keys": {"p256dh": encoded(public), "auth": encoded(browser.auth)},
        }

    def unsubscribe(self, token: str) -> bool:
        """Forget a browser, as when its person forbids notifications."""
        return self._browsers.pop(token, None) is not None

    def messages(self, token: str | None = None) -> list[dict[str, Any]]:
        """What was delivered, newest first; to one browser or to all."""
        return [one for one in reversed(self._messages) if token in (None, one["browser"])]

    def receive(self, token: str, body: bytes, headers: Mapping[str, str], base: str) -> PushAnswer:
        """Deliver a message."""
        if self._behaviour.fail_next:
            self._behaviour.fail_next -= 1
            after = self._behaviour.retry_after
            return PushAnswer(
                self._behaviour.status,
                "An error that a test asked for",
                {} if after is None else {"Retry-After": str(after)},
            )
        browser = self._browsers.get(token)
        if browser is None:
            return PushAnswer(410, "The browser has unsubscribed")
        if not headers.get("ttl", "").isdecimal():
            return PushAnswer(400, "TTL is missing")
        if headers.get("urgency", "normal") not in _URGENCIES:
            return PushAnswer(400, "Urgency is none of RFC 8030")
        topic = headers.get("topic")
        if topic is not None and not (len(topic) <= 32 and topic.replace("-", "").replace("_", "").isalnum()):
            return PushAnswer(400, "Topic must be 32 characters of base64url at most")
        if len(body) > BODY_BYTES_MAX:
            return PushAnswer(413, "The message is too large")
        refused = signature_problem(headers.get("authorization", ""), base, browser.server_key, time.time())
        if refused is not None:
            return PushAnswer(403 if refused == "key" else 401, f"The signature is not valid: {refused}")
        if headers.get("content-encoding") != "aes128gcm":
            return PushAnswer(400, "Content-Encoding must be aes128gcm")
        try:
            text = http_ece.decrypt(
                body, private_key=browser.private, auth_secret=browser.auth, version="aes128gcm"
            ).decode()
        except (http_ece.ECEException, InvalidTag, ValueError) as error:
            return PushAnswer(400, f"The message cannot be decrypted: {error}")
        self._deliver(token, text, headers, topic)
        return PushAnswer(201, headers={"Location": f"{base}/push/messages/{secrets.token_urlsafe(12)}"})

    def _deliver(self, token: str, text: str, headers: Mapping[str, str], topic: str | None) -> None:
        self._messages.append(
            {
                "browser": token,
                "text": text,
                "ttl": int(headers["ttl"]),
                "urgency": headers.get("urgency", "normal"),
                "topic": topic,
                "received_at": time.time(),
            }
        )


def signature_problem(header: str, audience: str, server_key: str | None, now: float) -> str | None:
    """What is wrong with a signature (RFC 8292); ``key``: it is another server's."""
    scheme, _, rest = header.partition(" ")
    given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme.lower() != "vapid" or not given.get("t") or not given.get("k"):
        return "there is none"
    if server_key is not None and given["k"] != server_key:
        return "key"
    try:
        point = decoded(given["k"])
        key = ECKey.import_key(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        claims = jwt.decode(given["t"], key, algorithms=["ES256"]).claims
    except (JoseError, ValueError) as error:
        return str(error) or type(error).__name__
    if claims.get("aud") != audience:
        return f"it is for {claims.get('aud')}"
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or not now < expires <= now + SIGNED_FOR_MAX_S:
        return "it has expired, or is good for more than a day"
    if not str(claims.get("sub", "")).startswith(
        ("mailto:", "https:", "http://127.0.0.1", "http://localhost")
    ):
        return "sub names nobody"
    return None
