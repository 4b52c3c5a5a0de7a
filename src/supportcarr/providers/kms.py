"""The keyset of personal data, encrypted with a key of AWS KMS, through Tink's integration and boto3.

Credentials come from where boto3 looks for them (the environment, the machine's role), the region from the
key's ARN.  Calls block, with time-outs: the keyset is decrypted at the start and after its rotation only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supportcarr.kit.sealing.keyset import KeyServiceUnavailable, KeysetError, opened_with, sealed_with
from supportcarr.kit.sealing.settings import KeysetSettings

_ATTEMPTS = 2
# Answers of KMS that may be another one later.  All else is an error of the settings or the file.
_PASSING = frozenset(
    {"DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException", "ThrottlingException"}
)


class KmsSeal:
    """``kit.sealing.keyset.KeysetSeal`` with one key."""

    def __init__(self, settings: KeysetSettings) -> None:
        """Imports boto3, and connects to nothing."""
        from supportcarr.providers import kms_sdk

        self._sdk: Any = kms_sdk
        self._name = settings.kms_key
        self._key = kms_sdk.new_key(settings, attempts=_ATTEMPTS)

    def seal(self, keyset: str) -> str:
        return self._asked(sealed_with, keyset)

    def open(self, sealed: str) -> str:
        return self._asked(opened_with, sealed)

    def _asked(self, call: Callable[[Any, str], str], text: str) -> str:
        try:
            return call(self._key, text)
        except self._sdk.TinkError as error:
            code = self._sdk.code_of(error)
            kind = KeyServiceUnavailable if code in _PASSING else KeysetError
            raise kind(f"KMS does not encrypt or decrypt the keyset with {self._name}: {code}.") from None
        except self._sdk.BotoCoreError as error:
            reason = f"{type(error).__name__}: {error}".rstrip(".")
            raise KeyServiceUnavailable(f"KMS cannot be asked to decrypt the keyset: {reason}.") from None
