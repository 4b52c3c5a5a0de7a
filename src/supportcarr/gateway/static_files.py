"""Static files: a folder of built files, served with caching and gzip."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.routing import RequestContext, Response

_COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest")
_YEAR = "public, max-age=31536000, immutable"
_SMALLEST_COMPRESSED = 1024  # bytes; smaller files gain less than the header costs


@dataclass(slots=True)
class _File:
    body: bytes
    media_type: str
    compressed: bytes | None = None

    @property
    def compressible(self) -> bool:
        return len(self.body) >= _SMALLEST_COMPRESSED and self.media_type.startswith(_COMPRESSED)


class StaticFiles:
    """A folder of built files; a file is read when it is first asked for, and kept, or read each time.

    ``NAME.gz`` beside a file is its compressed form.  The names are those of the start, so a path can never
    reach a file outside the folder.
    """

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        self._keep = keep
        paths = sorted(folder.rglob("*")) if folder.is_dir() else ()
        self._paths = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
        self._files: dict[str, _File] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    async def respond(
        self, name: str, context: RequestContext[None, Any], headers: tuple[tuple[str, str], ...]
    ) -> Response:
        """One file, with *headers*.  Names below ``assets/`` contain a hash of their content and never
        change.

        Raises ``NotFound``.
        """
        file = self._files.get(name) or await self._read(name)
        caching = _YEAR if name.startswith("assets/") else "no-cache"
        headers = (*headers, ("content-type", file.media_type), ("cache-control", caching))
        if not file.compressible:
            return Response(file.body, headers=headers)
        headers = (*headers, ("vary", "accept-encoding"))
        if "gzip" not in context.headers.get("accept-encoding", ""):
            return Response(file.body, headers=headers)
        if file.compressed is None:
            file.compressed = await self._compress(name, file.body)
        return Response(file.compressed, headers=(*headers, ("content-encoding", "gzip")))

    async def _read(self, name: str) -> _File:
        path = self._paths.get(name)
        if path is None:
            raise NotFound
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:  # a new build has replaced it
            raise NotFound from None
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if media_type.startswith("text/") or media_type.endswith("javascript"):
            media_type += "; charset=utf-8"
        file = _File(body, media_type)
        if self._keep:
            self._files[name] = file
        return file

    async def _compress(self, name: str, body: bytes) -> bytes:
        path = self._paths.get(f"{name}.gz")
        if path is not None:
            with contextlib.suppress(FileNotFoundError):  # a new build has replaced it
                return await asyncio.to_thread(path.read_bytes)
        return await asyncio.to_thread(gzip.compress, body, 6, mtime=0)
