"""Objects on this machine's disk, below the data folder, for deployments on one machine.

A file's name is its key.  Objects are written beside their place, flushed and renamed, so that a crash
leaves a whole object or none; what it leaves of an unfinished one is removed after a day.  Only this
user can read the files.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from supportcarr.kit.objects.port import (
    FileTooLarge,
    ObjectInfo,
    ObjectStoreUnavailable,
    UploadForm,
    UploadRefused,
    require_key,
)
from supportcarr.kit.objects.tokens import LinkPolicy, UploadPolicy, sign, verify
from supportcarr.kit.runtime.clock import Clock

BUFFER_BYTES = 256 * 1024  # of an upload in memory
UNFINISHED_SECONDS = 86_400.0  # after which what a crash left of a write is removed
_UNFINISHED = ".unfinished"

R = TypeVar("R")


class LocalObjects:
    """``kit.objects.port.ObjectStore`` in a folder, with uploads and links below *url*.

    *secret* signs forms and links.
    """

    def __init__(self, folder: Path, url: str, secret: str, clock: Clock) -> None:
        self._folder = folder
        self._url = url.rstrip("/")
        self._secret = secret
        self._clock = clock

    # --- forms and links ----------------------------------------------------------------------------

    def upload_form(self, key: str, content_type: str, max_bytes: int, expires_at: datetime) -> UploadForm:
        policy = UploadPolicy(require_key(key), content_type, max_bytes, int(expires_at.timestamp()))
        fields = {"key": key, "Content-Type": content_type, "policy": sign(self._secret, policy)}
        return UploadForm(f"{self._url}/uploads", fields, expires_at)

    def link(self, key: str, content_type: str, file_name: str, expires_at: datetime) -> str:
        policy = LinkPolicy(require_key(key), content_type, file_name, int(expires_at.timestamp()))
        return f"{self._url}/files?link={sign(self._secret, policy)}"

    def policy_of(self, fields: Mapping[str, str]) -> UploadPolicy:
        """What the fields of an upload allow.  Raises ``UploadRefused``."""
        if "policy" not in fields:
            raise UploadRefused("The form's field policy must come before the file")
        policy = verify(self._secret, fields["policy"], UploadPolicy, self._now())
        if fields.get("key") != policy.key:
            raise UploadRefused("The form was made for another key")
        if fields.get("Content-Type") != policy.content_type:
            raise UploadRefused("The form was made for another content type")
        return policy

    async def receive(self, policy: UploadPolicy, pieces: AsyncIterator[bytes]) -> int:
        """Store an upload that its form allows; return its size in bytes.

        Holds a few hundred kilobytes of it in memory.  Raises ``FileTooLarge``, ``UploadRefused`` for an
        empty file, and what *pieces* raises; then nothing is kept.
        """
        path = await self._run(self._unfinished_file)
        size = 0
        try:
            file = await self._run(lambda: _create(path))
            try:
                buffer = bytearray()
                async for piece in pieces:
                    size += len(piece)
                    if size > policy.max_bytes:
                        raise FileTooLarge(f"The file has more than {policy.max_bytes} bytes")
                    buffer += piece
                    if len(buffer) >= BUFFER_BYTES:
                        full, buffer = buffer, bytearray()
                        await self._run(lambda data=full: file.write(data))  # type: ignore[misc]
                if not size:
                    raise UploadRefused("The file is empty")
                await self._run(lambda: _finish(file, buffer))
            finally:
                file.close()
            await self._run(lambda: self._move(path, policy.key))
        except BaseException:
            with suppress(OSError):  # at once: this task may be ending
                path.unlink(missing_ok=True)
            raise
        return size

    async def read_link(self, token: str) -> tuple[LinkPolicy, bytes | None]:
        """What a link gives, and the object; ``None`` if it is gone.  Raises ``UploadRefused``."""
        policy = verify(self._secret, token, LinkPolicy, self._now())
        return policy, await self._run(lambda: self._read(policy.key, None))

    # --- objects ------------------------------------------------------------------------------------

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        def write() -> None:
            path = self._unfinished_file()
            try:
                with _create(path) as file:
                    _finish(file, data)
                self._move(path, key)
            except BaseException:
                path.unlink(missing_ok=True)
                raise

        await self._run(write)

    async def get(self, key: str, *, max_bytes: int) -> bytes | None:
        return await self._run(lambda: self._read(key, max_bytes))

    async def head(self, key: str) -> ObjectInfo | None:
        return await self._run(lambda: self._info(key))

    async def delete(self, key: str) -> None:
        path = self._path(key)

        def remove() -> None:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # it holds other objects
                path.parent.rmdir()

        await self._run(remove)

    async def list_objects(self, prefix: str, *, after: str = "", limit: int = 1000) -> Sequence[ObjectInfo]:
        def read() -> list[ObjectInfo]:
            self._remove_unfinished()
            keys = islice(_keys(self._folder, prefix, after), limit)
            return [info for key in keys if (info := self._info(key)) is not None]

        return await self._run(read)

    async def close(self) -> None:
        pass

    def _now(self) -> float:
        return self._clock.wall().timestamp()

    # --- the disk -----------------------------------------------------------------------------------

    async def _run(self, call: Callable[[], R]) -> R:
        """The result of a call that uses the disk, from a thread.  Raises ``ObjectStoreUnavailable``."""
        try:
            return await asyncio.to_thread(call)
        except OSError as error:
            raise ObjectStoreUnavailable(retry_after=1) from error

    def _path(self, key: str) -> Path:
        return self._folder / require_key(key)

    def _unfinished_file(self) -> Path:
        folder = self._folder / _UNFINISHED
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / secrets.token_hex(16)

    def _move(self, path: Path, key: str) -> None:
        """Give a finished file its name, durably."""
        target = self._path(key)
        for _ in range(3):  # ``delete`` of another object may have removed the folder in between
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileNotFoundError):
                path.replace(target)
                break
        else:
            raise FileNotFoundError(target)
        _flush_folder(target.parent)
        _flush_folder(target.parent.parent)

    def _read(self, key: str, max_bytes: int | None) -> bytes | None:
        try:
            with self._path(key).open("rb") as file:
                return file.read() if max_bytes is None else file.read(max_bytes)
        except FileNotFoundError:
            return None

    def _info(self, key: str) -> ObjectInfo | None:
        try:
            status = self._path(key).stat()
        except FileNotFoundError:
            return None
        return ObjectInfo(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def _remove_unfinished(self) -> None:
        """Remove what crashes left of writes."""
        folder = self._folder / _UNFINISHED
        if folder.is_dir():
            for path in folder.iterdir():
                with suppress(FileNotFoundError):  # its write has ended, or another process was faster
                    if path.stat().st_mtime < time.time() - UNFINISHED_SECONDS:
                        path.unlink()


def _keys(folder: Path, prefix: str, after: str, above: str = "") -> Iterator[str]:
    """The keys below *folder* that begin with *prefix* and come after *after*, in order.

    A folder is read when its keys are needed, so that a page of many thousand objects reads few of them.
    *above* is the beginning of the folder's keys.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                f"{above}{entry.name}/" if entry.is_dir() else above + entry.name for entry in entries
            )
    except FileNotFoundError:  # its last object was deleted
        return
    for name in names:
        if not name.endswith("/"):
            if name.startswith(prefix) and name > after:
                yield name
        elif (
            name != f"{_UNFINISHED}/"
            and (name.startswith(prefix) or prefix.startswith(name))
            and (name > after or after.startswith(name))
        ):
            yield from _keys(folder / name[len(above) : -1], prefix, after, name)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _finish(file: BinaryIO, data: bytes | bytearray) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
