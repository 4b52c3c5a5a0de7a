"""Objects in S3, or in a server with its API, through boto3.

Clients upload with a presigned POST policy, which binds key, content type and size, and read through
presigned URLs: neither passes through our processes.  boto3 blocks, so its calls run in a few threads of
their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog

from supportcarr.kit.objects.port import (
    ObjectInfo,
    ObjectStoreUnavailable,
    UploadForm,
    disposition,
    require_key,
)
from supportcarr.kit.observability import tracing
from supportcarr.providers.settings import S3Settings

THREADS = 8
LINKS = 4096  # that are kept, so that the same file has the same link while it is valid
_ATTEMPTS = 2  # of one call, with its time-out each
_MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
_EMPTY = frozenset({"InvalidRange", "416"})  # an object without bytes has no first one

R = TypeVar("R")

log = structlog.get_logger(__name__)


class S3Objects:
    """``kit.objects.port.ObjectStore`` in one bucket."""

    def __init__(self, settings: S3Settings) -> None:
        """Imports boto3, and connects to nothing."""
        from supportcarr.providers import s3_sdk

        self._sdk: Any = s3_sdk
        self._bucket = settings.bucket
        self._client = s3_sdk.new_client(settings, connections=THREADS, attempts=_ATTEMPTS)
        self._call_seconds = settings.timeout_seconds * (_ATTEMPTS + 1)
        self._signed_link = lru_cache(LINKS)(self._sign_link)  # a signature says when it was made
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")

    @property
    def origin(self) -> str:
        """The origin that browsers upload to and load from."""
        url = urlsplit(self.upload_form("x", "image/jpeg", 1, datetime.now(UTC)).url)
        return f"{url.scheme}://{url.netloc}"

    def upload_form(self, key: str, content_type: str, max_bytes: int, expires_at: datetime) -> UploadForm:
        signed = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=require_key(key),
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=_seconds_until(expires_at),
        )
        return UploadForm(signed["url"], signed["fields"], expires_at)

    def link(self, key: str, content_type: str, file_name: str, expires_at: datetime) -> str:
        return self._signed_link(key, content_type, file_name, expires_at)

    def _sign_link(self, key: str, content_type: str, file_name: str, expires_at: datetime) -> str:
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": require_key(key),
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition(content_type, file_name),
                "ResponseCacheControl": "private, max-age=300",
            },
            ExpiresIn=_seconds_until(expires_at),
        )
        return url

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await self._call(
            lambda: self._client.put_object(
                Bucket=self._bucket, Key=require_key(key), Body=data, ContentType=content_type
            )
        )

    async def put_locked(self, key: str, data: bytes, content_type: str, until: datetime) -> None:
        """Store an object that nobody can change or delete until then, in a bucket with object lock."""
        await self._call(
            lambda: self._client.put_object(
                Bucket=self._bucket,
                Key=require_key(key),
                Body=data,
                ContentType=content_type,
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                ChecksumAlgorithm="SHA256",  # which S3 requires with a lock
            )
        )

    async def get(self, key: str, *, max_bytes: int) -> bytes | None:
        def read() -> bytes:
            wanted = f"bytes=0-{max_bytes - 1}"
            found = self._client.get_object(Bucket=self._bucket, Key=require_key(key), Range=wanted)
            with found["Body"] as body:
                data: bytes = body.read()
            return data

        return await self._call(read, missing=None, empty=b"")

    async def head(self, key: str) -> ObjectInfo | None:
        def read() -> ObjectInfo:
            found = self._client.head_object(Bucket=self._bucket, Key=require_key(key))
            return ObjectInfo(key, found["ContentLength"], found["LastModified"])

        return await self._call(read, missing=None)

    async def delete(self, key: str) -> None:
        await self._call(
            lambda: self._client.delete_object(Bucket=self._bucket, Key=require_key(key)), missing=None
        )

    async def list_objects(self, prefix: str, *, after: str = "", limit: int = 1000) -> Sequence[ObjectInfo]:
        def read() -> list[ObjectInfo]:
            found = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=limit
            )
            return [
                ObjectInfo(item["Key"], item["Size"], item["LastModified"])
                for item in found.get("Contents", ())
            ]

        return await self._call(read)

    async def close(self) -> None:
        """Close the connections; calls in progress end by their time-outs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._client.close)

    async def _call(self, call: Callable[[], R], **instead: Any) -> R | Any:
        """The result of a call, from a thread.

        *instead* has the result for a ``missing`` object and for an ``empty`` one.  Raises
        ``ObjectStoreUnavailable``.
        """
        loop = asyncio.get_running_loop()
        try:
            with tracing.spanning("s3"):
                async with asyncio.timeout(self._call_seconds):
                    return await loop.run_in_executor(self._threads, call)
        except self._sdk.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _MISSING and "missing" in instead:
                return instead["missing"]
            if code in _EMPTY and "empty" in instead:
                return instead["empty"]
            log.warning("s3_call_refused", code=code, operation=error.operation_name)
            raise ObjectStoreUnavailable(retry_after=2) from error
        except (self._sdk.BotoCoreError, TimeoutError, OSError) as error:
            log.warning("s3_call_failed", error=type(error).__name__)
            raise ObjectStoreUnavailable(retry_after=2) from error


def _seconds_until(expires_at: datetime) -> int:
    return max(1, int((expires_at - datetime.now(UTC)).total_seconds()))
