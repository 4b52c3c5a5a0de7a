"""Vector tiles (Mapbox Vector Tile specification 2.1), encoded.

Not with a library: mapbox-vector-tile needs an older protobuf than our encryption does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import shapely

EXTENT = 4096
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7
_POINT, _LINE, _POLYGON = 1, 2, 3

Coordinates = Sequence[tuple[float, float]]


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


class _Commands:
    """The geometry of one feature: moves of a pen, each from where it was."""

    def __init__(self) -> None:
        self.encoded = bytearray()
        self._x = self._y = 0

    def _move(self, points: Sequence[tuple[int, int]]) -> None:
        for x, y in points:
            for delta in (x - self._x, y - self._y):
                self.encoded += _varint((delta << 1) ^ (delta >> 63))
            self._x, self._y = x, y

    def path(self, points: Sequence[tuple[int, int]], *, closed: bool) -> None:
        self.encoded += _varint(_MOVE_TO | 1 << 3)
        self._move(points[:1])
        if len(points) > 1:
            self.encoded += _varint(_LINE_TO | (len(points) - 1) << 3)
            self._move(points[1:])
        if closed:
            self.encoded += _varint(_CLOSE_PATH | 1 << 3)


def _rounded(coordinates: Iterable[Sequence[float]]) -> list[tuple[int, int]]:
    """Whole numbers, without points that have become the same as the one before."""
    points: list[tuple[int, int]] = []
    for at in coordinates:
        point = round(at[0]), round(at[1])
        if not points or point != points[-1]:
            points.append(point)
    return points


def _area(points: Sequence[tuple[int, int]]) -> int:
    following = (*points[1:], points[0])
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(points, following, strict=True))


def _ring(commands: _Commands, coordinates: Iterable[Sequence[float]], *, outer: bool) -> bool:
    """Add a ring; ``False`` if nothing is left of it.  The direction says whether it is an outer one."""
    points = _rounded(coordinates)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3 or (area := _area(points)) == 0:
        return False
    if (area > 0) is not outer:
        points.reverse()
    commands.path(points, closed=True)
    return True


def _geometry(shape: Any) -> tuple[int, bytes] | None:
    """Type and commands of a geometry in the tile's coordinates; ``None`` if nothing is left of it."""
    commands, kind = _Commands(), 0
    for part in shapely.get_parts(shape):
        match part.geom_type:
            case "Point":
                kind = _POINT
                commands.path(_rounded(part.coords), closed=False)
            case "LineString" if len(points := _rounded(part.coords)) > 1:
                kind = _LINE
                commands.path(points, closed=False)
            case "Polygon" if _ring(commands, part.exterior.coords, outer=True):
                kind = _POLYGON
                for hole in part.interiors:
                    _ring(commands, hole.coords, outer=False)
    return (kind, bytes(commands.encoded)) if kind else None


class Layer:
    """One layer of a tile: geometries with properties."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._features = bytearray()
        self._keys: dict[str, int] = {}
        self._values: dict[str | int, int] = {}

    def add(self, shape: Any, properties: dict[str, str | int]) -> None:
        """Add a shapely geometry of one kind, in the tile's coordinates (y down)."""
        geometry = _geometry(shape)
        if geometry is None:
            return
        kind, commands = geometry
        tags = bytearray()
        for key, value in properties.items():
            tags += _varint(self._keys.setdefault(key, len(self._keys)))
            tags += _varint(self._values.setdefault(value, len(self._values)))
        self._features += _field(2, _field(2, bytes(tags)) + _field(3, kind) + _field(4, commands))

    def encoded(self) -> bytes:
        """The layer's bytes; empty without features."""
        if not self._features:
            return b""
        keys = b"".join(_field(3, key.encode()) for key in self._keys)
        values = b"".join(
            _field(4, _field(1, value.encode()) if isinstance(value, str) else _field(5, value))
            for value in self._values
        )
        name = _field(1, self._name.encode())
        return _field(3, _field(15, 2) + name + bytes(self._features) + keys + values + _field(5, EXTENT))
