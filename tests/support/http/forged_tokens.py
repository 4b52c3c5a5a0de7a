"""Forged access tokens, which must be rejected."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from support.platform.in_process import TOKEN_SECRET, CheckedClient

ANOTHER_SECRET = "another-secret-that-is-not-ours-0123456789"


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _signed(claims: Any, *, secret: str = TOKEN_SECRET, alg: str = "HS256", **header: Any) -> str:
    key = OctKey.import_key(secret)
    return jwt.encode({"alg": alg, "typ": "JWT", "kid": "t1", **header}, claims, key, algorithms=[alg])


def valid_claims(person: CheckedClient) -> dict[str, Any]:
    """The claims in that client's token."""
    assert person.token is not None
    part = person.token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def correctly_signed(person: CheckedClient, **changes: Any) -> str:
    """A correctly signed token, made in the same way as the forged ones.

    That it is accepted shows that the others are rejected for being forged.
    """
    return _signed(valid_claims(person) | changes)


def forged_headers(person: CheckedClient) -> Iterator[tuple[str, str]]:
    """Values of the Authorization header, each with a description of what is wrong."""
    assert person.token is not None
    assert person.grant is not None
    good = valid_claims(person)
    admin = good | {"roles": ["admin", "driver", "rider", "support"]}
    header, _, signature = person.token.split(".")
    now = int(time.time())

    def without(name: str) -> dict[str, Any]:
        return {key: value for key, value in admin.items() if key != name}

    tokens = {
        "nothing": "",
        "garbage": "nonsense",
        "three garbage parts": "a.b.c",
        "a refresh token": person.grant.refresh_token,
        "expired": _signed(admin | {"iat": now - 2000, "exp": now - 1}),
        "another's secret": _signed(admin, secret=ANOTHER_SECRET),
        "an unknown key": _signed(admin, secret=ANOTHER_SECRET, kid="t9"),
        "a key that is a path": _signed(admin, secret=ANOTHER_SECRET, kid="../../../dev/null"),
        "a key of its own": _signed(
            admin, secret=ANOTHER_SECRET, jwk={"kty": "oct", "k": _part(ANOTHER_SECRET)}
        ),
        "another algorithm": _signed(admin, alg="HS512"),
        "no algorithm": f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(admin)}.",
        "no algorithm, and a signature": f"{_part({'alg': 'None', 'kid': 't1'})}.{_part(admin)}.{signature}",
        "more roles under the old signature": f"{header}.{_part(admin)}.{signature}",
        "no signature": f"{header}.{_part(admin)}.",
        "no subject": _signed(without("sub")),
        "no session": _signed(without("sid")),
        "no roles": _signed(without("roles")),
        "no end": _signed(without("exp")),
        "an end that is text": _signed(admin | {"exp": "9999999999"}),
        "roles that are text": _signed(admin | {"roles": "admin"}),
        "claims that are a list": _signed_text("[]"),
        "too long": _signed(admin | {"pad": "x" * 5000}),
        "not ASCII": "é" * 20,
    }
    for what, token in tokens.items():
        yield what, f"Bearer {token}"
    yield "the token as a password", f"Basic {base64.b64encode(f'x:{person.token}'.encode()).decode()}"
    yield "the token alone", person.token
    yield "another scheme", f"Token {person.token}"


def _signed_text(payload: str) -> str:
    """A correctly signed token whose payload is not a set of claims."""
    from joserfc import jws

    key = OctKey.import_key(TOKEN_SECRET)
    return jws.serialize_compact({"alg": "HS256", "kid": "t1"}, payload, key, algorithms=["HS256"])
