"""Sealed backups in a bucket of S3, which is reached with a key of its own.

The key that uploads may do nothing else: it neither lists, reads nor deletes.  How long a backup is kept is a
rule of the bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supportcarr.providers.settings import S3Settings

_ATTEMPTS = 4  # of each part of a file
_CONNECTIONS = 10  # as many as boto3 uploads parts at once


class BucketError(Exception):
    """The bucket did not do what was asked; the message is a sentence."""


class BackupBucket:
    """Files in one bucket."""

    def __init__(self, settings: S3Settings) -> None:
        """Imports boto3, and connects to nothing."""
        from supportcarr.providers import s3_sdk

        self._sdk: Any = s3_sdk
        self.name = settings.bucket
        self._client = s3_sdk.new_client(settings, connections=_CONNECTIONS, attempts=_ATTEMPTS)

    def upload(self, file: Path) -> None:
        """Upload a file, in parts if it is large; the bucket verifies each.  Raises ``BucketError``."""
        with self._errors():
            self._client.upload_file(
                str(file),
                self.name,
                file.name,
                # a bucket with object lock demands a checksum
                ExtraArgs={"ChecksumAlgorithm": "SHA256", "ContentType": "application/octet-stream"},
            )

    def sizes(self) -> dict[str, int]:
        """The size in bytes of each file, by its name.  Raises ``BucketError``."""
        with self._errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
            return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}

    def download(self, name: str, target: Path) -> None:
        """Download a file.  Raises ``BucketError``."""
        with self._errors():
            self._client.download_file(self.name, name, str(target))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._sdk.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "an error without a code")
            raise BucketError(f"The bucket {self.name} answers {code} to {error.operation_name}.") from error
        except self._sdk.S3UploadFailedError as error:
            raise BucketError(f"The bucket {self.name} took no file: {error}.") from error
        except self._sdk.BotoCoreError as error:
            raise BucketError(
                f"The bucket {self.name} cannot be reached ({type(error).__name__})."
            ) from error
