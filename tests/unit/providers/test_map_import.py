"""A region of OpenStreetMap as tiles and names: a village made here, and Andorra where its file is."""

from __future__ import annotations

import gzip
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Way
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import deserialize_header

from supportcarr.contracts.geo import GeoPoint
from supportcarr.geocoding.model import words_of
from supportcarr.providers.map_import.features import area_of, line_of, point_of
from supportcarr.providers.map_import.reader import NotReadable
from supportcarr.providers.map_import.region import import_region
from supportcarr.providers.map_region import INFO_FILE, TILES_FILE, region_in
from supportcarr.providers.named_places import NAMES_FILE, NamedPlaces

# Beside the repository, where somebody has put it.
EXTRACT = "shared/data/andorra.osm.pbf"
ANDORRA = next((path for at in Path(__file__).parents if (path := at / EXTRACT).is_file()), None)


def write_village(path: Path) -> None:
    """A village with a street of two ways, a pond, a shop, an address, and a way without places."""
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(Node(id=1, location=(1.5, 42.5), tags={"place": "village", "name": "Vila"}))
        places = [(1.5, 42.5), (1.501, 42.5), (1.502, 42.5), (1.503, 42.501), (1.502, 42.501)]
        for number, at in enumerate(places, 10):
            writer.add_node(Node(id=number, location=at))
        writer.add_node(Node(id=20, location=(1.5005, 42.5001), tags={"shop": "bicycle", "name": "Bicis"}))
        address = {"addr:housenumber": "7", "addr:street": "Carrer Gran"}
        writer.add_node(Node(id=21, location=(1.5012, 42.5001), tags=address))
        street = {"highway": "residential", "name": "Carrer Gran"}
        writer.add_way(Way(id=1, nodes=[10, 11], tags=street))
        writer.add_way(Way(id=2, nodes=[11, 12], tags=street))
        writer.add_way(Way(id=3, nodes=[12, 13, 14, 12], tags={"natural": "water"}))
        writer.add_way(Way(id=4, nodes=[98, 99], tags={"highway": "primary", "name": "Gone"}))


async def test_a_region_becomes_tiles_and_names(tmp_path: Path) -> None:
    source, folder = tmp_path / "village.osm.pbf", tmp_path / "map"
    write_village(source)
    imported = import_region(source, folder, "Vila")
    assert {file.name for file in folder.iterdir()} == {TILES_FILE, NAMES_FILE, INFO_FILE}
    region = region_in(folder)
    assert region is not None
    assert (region.info.name, "OpenStreetMap" in region.info.attribution) == ("Vila", True)
    assert region.info.bounds == pytest.approx((1.5, 42.5, 1.503, 42.501), abs=1e-6)

    with region.tiles.open("rb") as file:
        source_of = MmapSource(file)
        header = deserialize_header(source_of(0, 127))
        assert header["max_zoom"] == 14
        tile = Reader(source_of).get(14, 8260, 6051)
        assert tile is not None
        data = gzip.decompress(tile)
    assert imported.tiles > 0
    for text in (b"roads", b"Carrer Gran", b"areas", b"water"):
        assert text in data
    assert b"Gone" not in data

    names = NamedPlaces(folder)
    found = await names.search(words_of("gran"), None, 5)
    assert [(one.label, one.detail) for one in found] == [("Carrer Gran", "Vila"), ("7 Carrer Gran", "Vila")]
    assert (await names.around(GeoPoint(42.50002, 1.5018)))[0].label == "Carrer Gran"
    assert (await names.around(GeoPoint(42.5001, 1.5012)))[0].label == "7 Carrer Gran"


async def test_a_file_that_is_no_map_changes_nothing(tmp_path: Path) -> None:
    source, folder = tmp_path / "village.osm.pbf", tmp_path / "map"
    write_village(source)
    import_region(source, folder, "Vila")
    before = region_in(folder)
    source.write_bytes(source.read_bytes()[:100])
    with pytest.raises(NotReadable, match=r"village\.osm\.pbf"):
        import_region(source, folder, "Vila")
    assert region_in(folder) == before
    assert {file.name for file in folder.iterdir()} == {TILES_FILE, NAMES_FILE, INFO_FILE}


@pytest.mark.parametrize(
    ("tags", "layer", "kind"),
    [
        ({"highway": "motorway_link"}, "roads", "motorway"),
        ({"highway": "residential"}, "roads", "street"),
        ({"highway": "proposed"}, None, None),
        ({"railway": "tram"}, "roads", "rail"),
        ({"waterway": "river"}, "waterways", "river"),
    ],
)
def test_ways_on_the_map(tags: dict[str, str], layer: str | None, kind: str | None) -> None:
    line = line_of(tags)
    assert (line and line.layer, line and line.kind) == (layer, kind)


def test_areas_and_points_on_the_map() -> None:
    areas = [area_of(tags) for tags in ({"natural": "water"}, {"leisure": "park"}, {"building": "yes"})]
    assert [area and area.kind for area in areas] == ["water", "green", "building"]
    assert area_of({"natural": "peak"}) is None
    bench, unnamed = {"amenity": "bench", "name": "Bench"}, {"shop": "bicycle"}
    assert point_of(bench) is None and point_of(unnamed) is None


@pytest.mark.skipif(ANDORRA is None, reason="the extract of Andorra is not here")
async def test_andorra(tmp_path: Path) -> None:
    assert ANDORRA is not None
    imported = import_region(ANDORRA, tmp_path, "Andorra")
    assert imported.tiles > 300 and imported.names > 500
    names = NamedPlaces(tmp_path)
    assert (await names.search(words_of("andorra la vella"), None, 1))[0].label == "Andorra la Vella"
