"""The object store's port: files by key, uploaded and downloaded by clients with signed forms and links.

Keys are ASCII paths such as ``files/fil_01j…/clean`` (``KEY``).  Every adapter keeps these promises:

- a form admits one upload to its key, of its content type, of at most its size, until it expires; an upload
  that is refused leaves nothing behind and does not change what the key holds;
- ``put`` and an admitted upload are atomic and durable: readers see the old object or the whole new one;
- a link gives one object for its time, under the content type and file name that it was made for;
- nothing can be read or written without a form, a link, or the store's own credentials.

An admitted form may be used again until it expires, and then replaces the object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from supportcarr.contracts.errors import ApiError, Forbidden, Overloaded
from supportcarr.contracts.uploads import UploadFormView

KEY = re.compile(r"[a-z0-9_-]{1,64}(?:/[a-z0-9_-]{1,64}){0,7}")


class ObjectStoreUnavailable(Overloaded):
    """The object store cannot be reached, did not answer in time, or cannot write."""

    code, title = "unavailable", "The store of files cannot be reached at the moment"


class UploadRefused(Forbidden):
    """The form or link is not ours, was changed, has expired, or is for something else."""

    code, title = "upload_refused", "This form does not allow this upload"


class FileTooLarge(ApiError):
    status, code, title = 413, "file_too_large", "The file is too large"


@dataclass(frozen=True, slots=True)
class UploadForm:
    """How a client uploads: a POST of ``multipart/form-data`` to *url*, these fields and then ``file``."""

    url: str
    fields: Mapping[str, str]
    expires_at: datetime  # wall time

    def view(self) -> UploadFormView:
        """The form as clients get it, whichever part's upload it is."""
        return UploadFormView(method="POST", url=self.url, fields=self.fields, expires_at=self.expires_at)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object that exists: its size in bytes, and when it was written (wall time)."""

    key: str
    size: int
    modified_at: datetime


class ObjectStore(Protocol):
    """Implemented by ``kit.objects.local.LocalObjects`` and ``providers.s3.S3Objects``.

    Every method but ``upload_form`` and ``link`` raises ``ObjectStoreUnavailable``.
    """

    def upload_form(self, key: str, content_type: str, max_bytes: int, expires_at: datetime) -> UploadForm:
        """A form for one key, for files of that type with 1 to *max_bytes* bytes."""

    def link(self, key: str, content_type: str, file_name: str, expires_at: datetime) -> str:
        """A URL from which anybody can read the object until then.

        Browsers show images, and save everything else under *file_name*.
        """

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store an object, or replace it."""

    async def get(self, key: str, *, max_bytes: int) -> bytes | None:
        """The first *max_bytes* bytes of an object; ``None`` if there is none."""

    async def head(self, key: str) -> ObjectInfo | None:
        """What is known of an object; ``None`` if there is none."""

    async def delete(self, key: str) -> None:
        """Delete an object.  Idempotent."""

    async def list_objects(self, prefix: str, *, after: str = "", limit: int = 1000) -> Sequence[ObjectInfo]:
        """The next objects whose keys begin with *prefix* and come after the key *after*, in order of key."""

    async def close(self) -> None: ...


def require_key(key: str) -> str:
    """The key, if it is one.  Raises ``ValueError``."""
    if KEY.fullmatch(key) is None:
        raise ValueError(f"{key!r} is no key of an object")
    return key


def disposition(content_type: str, file_name: str) -> str:
    """The Content-Disposition of a download: images are shown, everything else is saved."""
    kind = "inline" if content_type.startswith("image/") else "attachment"
    return f'{kind}; filename="{file_name}"'
