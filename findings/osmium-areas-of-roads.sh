#!/usr/bin/env bash
# osmium 4.3.2 (pyosmium)
#
# Input: an OpenStreetMap file with a building (closed way 7), a residential street that is a loop (closed way 8), and
#   a multipolygon (relation 5), read with areas switched on.
# Expected: areas for the building and the multipolygon, under the ids that they have in OpenStreetMap. A closed way
#   tagged highway=residential and no area=yes is a line by the map's own rules.
# Seen: the street is an area as well, as every closed way is: roads, roundabouts, fences. And an area's id is twice
#   the way's, or twice the relation's plus one (14, 16, 11), so that it looks like the id of something else.
# What follows: decide by the tags what is an area, and take the id from orig_id() and from_way().
. "$(dirname "$0")/support/common.sh"
python_with osmium==4.3.2

cat > map.osm <<'XML'
<osm version="0.6">
  <node id="1" version="1" visible="true" lat="45.50" lon="-73.60"/>
  <node id="2" version="1" visible="true" lat="45.50" lon="-73.59"/>
  <node id="3" version="1" visible="true" lat="45.51" lon="-73.59"/>
  <node id="4" version="1" visible="true" lat="45.51" lon="-73.60"/>
  <way id="7" version="1" visible="true">
    <nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="building" v="yes"/>
  </way>
  <way id="8" version="1" visible="true">
    <nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="highway" v="residential"/>
  </way>
  <relation id="5" version="1" visible="true">
    <member type="way" ref="7" role="outer"/><tag k="type" v="multipolygon"/><tag k="landuse" v="retail"/>
  </relation>
</osm>
XML
seen=$(python - <<'PY'
import osmium

for thing in osmium.FileProcessor("map.osm").with_areas():
    if thing.is_area():
        kind = "way" if thing.from_way() else "relation"
        print(f"area {thing.id} of {kind} {thing.orig_id()}: {dict(thing.tags)}")
PY
)

unchanged "$seen" <<'END'
area 11 of relation 5: {'landuse': 'retail'}
area 14 of way 7: {'building': 'yes'}
area 16 of way 8: {'highway': 'residential'}
END
