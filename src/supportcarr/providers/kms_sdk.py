"""boto3 and Tink's integration of KMS, imported only where a key of KMS is set."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tink import TinkError
from tink.integration import awskms

from supportcarr.kit.sealing.settings import KeysetSettings

__all__ = ["BotoCoreError", "TinkError", "code_of", "new_key"]


def new_key(settings: KeysetSettings, *, attempts: int) -> Any:
    """Tink's ``Aead`` for the key of the settings; it connects at its first call."""
    region = settings.kms_key.split(":")[4]
    client = boto3.session.Session(region_name=region).client(
        "kms",
        endpoint_url=settings.kms_endpoint or None,
        config=Config(
            connect_timeout=settings.kms_timeout_seconds,
            read_timeout=settings.kms_timeout_seconds,
            retries={"total_max_attempts": attempts, "mode": "standard"},
        ),
    )
    return awskms.new_client(boto3_client=client, key_uri=settings.kms_key).get_aead(settings.kms_key)


def code_of(error: TinkError) -> str:
    """The code of KMS's error; the error itself if it is another one."""
    cause = error.args[0] if error.args else error
    return str(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else str(cause)
