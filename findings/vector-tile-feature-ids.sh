#!/usr/bin/env bash
# geojson-vt 5.0.3, vt-pbf 3.1.3, @mapbox/vector-tile 3.0.0, pbf 5.1.2 (Node): the way of GeoJSON into vector tiles
#
# Input: GeoJSON features with ids of every kind that RFC 7946 allows: text and numbers.
# Expected: an id survives, or the library says that it cannot keep it. geojson-vt keeps all of them in its tiles.
# Seen: a vector tile can hold unsigned integers only, and no step reports an error. Text is dropped, even "12"; -3
#   becomes 18446744073709552000, and 1.5 becomes 1.
# What follows: code that marks features on a map by their id (feature state, hover, selection) marks the wrong feature
#   or none. Keep the id in a property as well, and use that one (promoteId in map libraries).
. "$(dirname "$0")/support/common.sh"
node_with geojson-vt@5.0.3 vt-pbf@3.1.3 @mapbox/vector-tile@3.0.0 pbf@5.1.2

cat > ids.mjs <<'JS'
import GeoJSONVT from "geojson-vt";
import vtpbf from "vt-pbf";
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const features = ["rescue-1", "12", 12, -3, 1.5].map((id) => ({
  type: "Feature",
  id,
  properties: { was: JSON.stringify(id) },
  geometry: { type: "Point", coordinates: [-73.567, 45.5] },
}));
const tile = new GeoJSONVT({ type: "FeatureCollection", features }, {}).getTile(0, 0, 0);
const { layers } = new VectorTile(new PbfReader(vtpbf.fromGeojsonVt({ drivers: tile })));
for (let index = 0; index < layers.drivers.length; index++) {
  const kept = layers.drivers.feature(index);
  const before = JSON.stringify(tile.features[index].id);
  console.log(`${kept.properties.was}: in geojson-vt ${before}, in the tile ${kept.id}`);
}
JS
seen=$(node ids.mjs)

unchanged "$seen" <<'END'
"rescue-1": in geojson-vt "rescue-1", in the tile undefined
"12": in geojson-vt "12", in the tile undefined
12: in geojson-vt 12, in the tile 12
-3: in geojson-vt -3, in the tile 18446744073709552000
1.5: in geojson-vt 1.5, in the tile 1
END
