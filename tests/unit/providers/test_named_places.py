"""Names on the map: an imported region, else the demo's districts."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from supportcarr.contracts.geo import GeoPoint
from supportcarr.geocoding.districts import DISTRICTS
from supportcarr.geocoding.model import words_of
from supportcarr.providers.named_places import NAMES_FILE, SCHEMA, NamedPlaces

ROWS = [
    # label, detail, kind, rank, latitude, longitude
    ("Andorra la Vella", None, "city", 0, 42.5069, 1.5218),
    ("Carrer Major", "Andorra la Vella", "street", 6, 42.5072, 1.5226),
    ("Carrer Major", "Ordino", "street", 6, 42.5556, 1.5331),
    ('Café "1900" OR NEAR', "Ordino", "point", 7, 42.5557, 1.5335),
]


def write(folder: Path, rows: list[tuple[str, str | None, str, int, float, float]]) -> None:
    folder.mkdir(exist_ok=True)
    made = folder / "made"
    database = sqlite3.connect(made)
    database.executescript(SCHEMA)
    for number, (label, detail, kind, rank, lat, lng) in enumerate(rows, 1):
        values = (number, label, detail, kind, rank, lat, lng)
        database.execute("INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        words = " ".join(words_of(f"{label} {detail or ''}"))
        database.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, words))
        database.execute("INSERT INTO points VALUES (?, ?, ?, ?, ?, ?)", (number, lng, lng, lat, lat, number))
    database.commit()
    database.close()
    made.replace(folder / NAMES_FILE)


async def test_names_of_an_imported_region_are_found_the_nearest_first(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    names = NamedPlaces(tmp_path)
    found = await names.search(words_of("carrer maj"), GeoPoint(42.555, 1.533), 5)
    assert [(one.label, one.detail) for one in found] == [
        ("Carrer Major", "Ordino"),
        ("Carrer Major", "Andorra la Vella"),
    ]
    assert (await names.search(words_of("andorra"), None, 1))[0].label == "Andorra la Vella"
    # What is syntax to the index is a word to a person.
    assert len(await names.search(words_of('"1900" OR near*'), None, 5)) == 1


async def test_the_street_at_a_point(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    names = NamedPlaces(tmp_path)
    assert [one.detail for one in await names.around(GeoPoint(42.5555, 1.533))] == ["Ordino"]
    assert list(await names.around(GeoPoint(42.6, 1.6))) == []


async def test_a_map_imported_meanwhile_is_used(tmp_path: Path) -> None:
    names = NamedPlaces(tmp_path / "map")
    assert [one.label for one in await names.search(words_of("outrem"), None, 5)] == ["Outremont"]
    assert (await names.around(GeoPoint(45.5165, -73.609)))[0].label == "Outremont"
    write(tmp_path / "map", ROWS)
    assert list(await names.search(words_of("outrem"), None, 5)) == []
    write(tmp_path / "map", ROWS[:1])
    os.utime(tmp_path / "map" / NAMES_FILE, (1, 1))
    assert list(await names.search(words_of("carrer"), None, 5)) == []


def test_the_districts_are_those_of_the_apps_map() -> None:
    path = Path(__file__).parents[3] / "web/packages/map/src/districts.json"
    shown = json.loads(path.read_text())["districts"]
    assert [list(district) for district in DISTRICTS] == [[name, lat, lng] for name, lat, lng, _ in shown]
