"""Vector tiles: checked by decoding them with the rules of the specification."""

from __future__ import annotations

from typing import Any

import shapely

from supportcarr.providers.map_import.vector_tile import Layer


def varints(data: bytes) -> list[int]:
    numbers, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    return numbers


def fields(data: bytes) -> list[tuple[int, Any]]:
    """The fields of a protobuf message: number, and a whole number or bytes."""
    found: list[tuple[int, Any]] = []
    at = 0

    def number() -> int:
        nonlocal at
        start = at
        while data[at] >= 0x80:
            at += 1
        at += 1
        return varints(data[start:at])[0]

    while at < len(data):
        key = number()
        if key & 7 == 0:
            found.append((key >> 3, number()))
        else:
            assert key & 7 == 2
            length = number()
            found.append((key >> 3, data[at : at + length]))
            at += length
    return found


def paths(commands: bytes) -> list[tuple[list[tuple[int, int]], bool]]:
    """Each path with its points, and whether it is closed."""
    found: list[tuple[list[tuple[int, int]], bool]] = []
    numbers, x, y, at = varints(commands), 0, 0, 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            found[-1] = (found[-1][0], True)
            continue
        for _ in range(count):
            x += (numbers[at] >> 1) ^ -(numbers[at] & 1)
            y += (numbers[at + 1] >> 1) ^ -(numbers[at + 1] & 1)
            at += 2
            if command == 1:
                found.append(([], False))
            found[-1][0].append((x, y))
    return found


def decoded(layer: Layer) -> tuple[str, list[tuple[int, list[Any], dict[str, Any]]]]:
    """The layer's name, and its features: type, paths, properties."""
    [(number, body)] = fields(layer.encoded())
    assert number == 3
    found = fields(body)
    keys = [value.decode() for number, value in found if number == 3]
    values = [next(iter(fields(value))) for number, value in found if number == 4]
    assert (15, 2) in found and (5, 4096) in found
    features = []
    for number, value in found:
        if number != 2:
            continue
        feature = dict(fields(value))
        tags = varints(feature[2])
        properties = {
            keys[key]: text.decode() if kind == 1 else text
            for key, (kind, text) in zip(tags[::2], (values[at] for at in tags[1::2]), strict=True)
        }
        features.append((feature[3], paths(feature[4]), properties))
    return next(value.decode() for number, value in found if number == 1), features


def area(points: list[tuple[int, int]]) -> int:
    following = [*points[1:], points[0]]
    return sum(x * b - a * y for (x, y), (a, b) in zip(points, following, strict=True))


def test_lines_and_points_with_their_properties() -> None:
    layer = Layer("roads")
    street = shapely.LineString([(0, 0), (10, -5), (10.2, -5.1), (300, 4000)])
    layer.add(street, {"kind": "street", "rank": 5})
    layer.add(shapely.MultiPoint([(1, 2), (3, 4)]), {"kind": "point", "name": "Café"})
    assert decoded(layer) == (
        "roads",
        [
            (2, [([(0, 0), (10, -5), (300, 4000)], False)], {"kind": "street", "rank": 5}),
            (1, [([(1, 2)], False), ([(3, 4)], False)], {"kind": "point", "name": "Café"}),
        ],
    )


def test_outer_rings_turn_one_way_and_holes_the_other() -> None:
    hole = [(20, 20), (80, 20), (80, 80), (20, 80)]
    for shell in ([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 100), (100, 100), (100, 0), (0, 0)]):
        layer = Layer("areas")
        layer.add(shapely.Polygon(shell, [hole]), {"kind": "water"})
        [(kind, [(outer, closed), (inner, _)], _)] = decoded(layer)[1]
        assert (kind, closed, area(outer) > 0, area(inner) < 0) == (3, True, True, True)


def test_what_is_too_small_to_see_is_left_out() -> None:
    layer = Layer("areas")
    layer.add(shapely.LineString([(1, 1), (1.2, 1.1)]), {"kind": "street"})
    layer.add(shapely.Polygon([(5, 5), (5.2, 5), (5.2, 5.2)]), {"kind": "water"})
    assert layer.encoded() == b""
