"""boto3, imported only where S3 is used: it takes a third of a second and 30 MB."""

from __future__ import annotations

from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from supportcarr.providers.settings import S3Settings

__all__ = ["BotoCoreError", "ClientError", "S3UploadFailedError", "new_client"]


def new_client(settings: S3Settings, *, connections: int, attempts: int) -> Any:
    """A client with time-outs; it connects at its first call, and takes nothing from the environment."""
    session = boto3.session.Session(
        aws_access_key_id=settings.access_key_id,
        aws_secret_access_key=settings.secret_access_key,
        region_name=settings.region,
    )
    return session.client(
        "s3",
        endpoint_url=settings.endpoint or f"https://s3.{settings.region}.amazonaws.com",
        config=Config(
            signature_version="s3v4",
            connect_timeout=settings.timeout_seconds,
            read_timeout=settings.timeout_seconds,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=connections,
            s3={"addressing_style": "path" if settings.path_style else "virtual"},
            # other servers with the API of S3 do not know the newer checksums
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
