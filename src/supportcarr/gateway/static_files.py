"""Static files: a folder of built files, served from memory with caching and gzip."""

from __future__ import annotations

import asyncio
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
    """A folder of built files, read into memory when the process starts.

    So a path can never reach a file outside the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, _File] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file():
                media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                if media_type.startswith("text/") or media_type.endswith("javascript"):
                    media_type += "; charset=utf-8"
                self._files[path.relative_to(folder).as_posix()] = _File(path.read_bytes(), media_type)

    def __contains__(self, name: str) -> bool:
        return name in self._files

    async def respond(
        self, name: str, context: RequestContext[None, Any], headers: tuple[tuple[str, str], ...]
    ) -> Response:
        """One file, with *headers*.  Names below ``assets/`` contain a hash of their content and never
        change.

        Raises ``NotFound``.
        """
        file = self._files.get(name)
        if file is None:
            raise NotFound
        caching = _YEAR if name.startswith("assets/") else "no-cache"
        headers = (*headers, ("content-type", file.media_type), ("cache-control", caching))
        if not file.compressible:
            return Response(file.body, headers=headers)
        headers = (*headers, ("vary", "accept-encoding"))
        if "gzip" not in context.headers.get("accept-encoding", ""):
            return Response(file.body, headers=headers)
        if file.compressed is None:
            file.compressed = await asyncio.to_thread(gzip.compress, file.body, 6, mtime=0)
        return Response(file.compressed, headers=(*headers, ("content-encoding", "gzip")))
