"""The key pair by which push services know us (VAPID, RFC 8292), as browsers and other software write it:
base64url of the private number, and of the public point uncompressed.

Settings need the rule of the private key, so ``cryptography`` is imported where it is used.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

PRIVATE_BYTES = 32
# The number of points of P-256 (SEC 2, section 2.4.2): private keys are below it.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url, with or without padding.  Raises ``ValueError``."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def private_number(text: str) -> int:
    """The private key as a number.  Raises ``ValueError``."""
    data = decoded(text)
    number = int.from_bytes(data)
    if len(data) != PRIVATE_BYTES or not 0 < number < ORDER:
        raise ValueError("this is no private key of P-256")
    return number


def private_key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """The private key.  Raises ``ValueError``."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(private_number(text), ec.SECP256R1())


def public_key_of(key: ec.EllipticCurvePrivateKey) -> str:
    """The public key, as browsers take it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return encoded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def new_private_key() -> str:
    """A private key, as the setting takes it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encoded(number.to_bytes(PRIVATE_BYTES))


def vapid_private_key(value: str) -> None:
    """The rule of the setting.  Raises ``ValueError``."""
    try:
        private_number(value)
    except ValueError:
        raise ValueError("it must be a private key of P-256; `supportcarr push keys` makes one") from None
