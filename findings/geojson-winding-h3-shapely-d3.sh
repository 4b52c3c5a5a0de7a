#!/usr/bin/env bash
# h3 4.5.0, shapely 2.2.0 (Python); d3-geo 3.1.2 (Node)
#
# Input: an area of seven H3 cells in Montréal as GeoJSON, once as h3 writes it, once as shapely's union of the same
#   cells, once after shapely's orient_polygons.
# Expected: every reader of GeoJSON finds the same area in all three. RFC 7946 asks for counter-clockwise outer rings,
#   and for readers that accept either direction.
# Seen: h3 writes them counter-clockwise, shapely's set operations clockwise, against the RFC. d3-geo, whose polygons
#   are spherical, reads the RFC's form as all of the Earth except the area. So what follows the standard is drawn
#   inside out, and what breaks it is drawn correctly.
# What follows: wind rings for the reader (shapely.orient_polygons(..., exterior_cw=True) for d3), not for the RFC.
. "$(dirname "$0")/support/common.sh"
python_with h3==4.5.0 shapely==2.2.0
node_with d3-geo@3.1.2

cat > areas.py <<'PY'
import json

import h3
import shapely
from shapely.geometry import mapping, shape

cells = h3.grid_disk(h3.latlng_to_cell(45.5, -73.57, 8), 1)
union = shapely.union_all([shape(h3.cells_to_geo([cell])) for cell in cells])
areas = {
    "h3": shape(h3.cells_to_geo(cells)),
    "shapely": union,
    "shapely, oriented": shapely.orient_polygons(union),
}
print(json.dumps({name: [area.exterior.is_ccw, mapping(area)] for name, area in areas.items()}))
PY
cat > areas.cjs <<'JS'
const { geoArea, geoContains } = require("d3-geo");
for (const [name, [ccw, area]] of Object.entries(JSON.parse(require("fs").readFileSync(0)))) {
  const share = geoArea(area) / (4 * Math.PI);
  console.log(
    `${name}: ${ccw ? "counter-clockwise" : "clockwise"}; d3 finds ` +
      `${geoContains(area, [-73.57, 45.5]) ? "Montréal" : "no Montréal"} and ` +
      `${geoContains(area, [2.35, 48.86]) ? "Paris" : "no Paris"} in it, ` +
      `and ${share > 0.5 ? "most" : "little"} of the Earth`,
  );
}
JS
seen=$(python areas.py | node areas.cjs)

unchanged "$seen" <<'END'
h3: counter-clockwise; d3 finds no Montréal and Paris in it, and most of the Earth
shapely: clockwise; d3 finds Montréal and no Paris in it, and little of the Earth
shapely, oriented: counter-clockwise; d3 finds no Montréal and Paris in it, and most of the Earth
END
