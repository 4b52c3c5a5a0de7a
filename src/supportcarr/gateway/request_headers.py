"""The headers of a request, as handlers read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class RequestHeaders(Mapping[str, str]):
    """A request's headers by lower-case name, decoded on access.

    Values may be any bytes (RFC 9110, 5.5), but libraries expect ASCII: other bytes are escaped (``\\xe9``).
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.lower().encode("latin-1")].decode("ascii", "backslashreplace")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)
