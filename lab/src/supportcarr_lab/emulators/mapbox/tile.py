"""One vector tile (Mapbox Vector Tile 2.1): a square of water in the middle."""

from __future__ import annotations

EXTENT = 4096
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _zigzag(value: int) -> int:
    return value << 1 ^ value >> 63


def water_tile() -> bytes:
    """The tile; it has one layer, ``water``."""
    side = EXTENT // 2
    commands = [_MOVE_TO | 1 << 3, _zigzag(EXTENT // 4), _zigzag(EXTENT // 4), _LINE_TO | 3 << 3]
    for x, y in ((side, 0), (0, side), (-side, 0)):
        commands += [_zigzag(x), _zigzag(y)]
    commands.append(_CLOSE_PATH | 1 << 3)
    feature = _field(3, 3) + _field(4, b"".join(map(_varint, commands)))  # a polygon
    layer = _field(15, 2) + _field(1, b"water") + _field(2, feature) + _field(5, EXTENT)
    return _field(3, layer)
