#!/usr/bin/env bash
# h3 4.5.0 (Python)
#
# Input: 40,000 points of a grid over Montréal, and for each its cell of resolution 9 (a block) and 8 (a quarter).
# Expected: the parent of the point's small cell is the point's large cell, so that counts by quarter can be added
#   up from counts by block.
# Seen: for 7 % of the points it is a neighbour of it. Seven hexagons do not fill a hexagon, so a fourteenth of the
#   area of a cell's children lies outside the cell. Over more levels it is about the same (resolution 5: 6 %).
# What follows: do not mix the two ways. Compute both cells from the coordinates, or store the finest cell and use its
#   parent everywhere.
. "$(dirname "$0")/support/common.sh"
python_with h3==4.5.0

seen=$(python - <<'PY'
import h3

points = [(45.4 + 0.3 * i / 200, -73.95 + 0.5 * j / 200) for i in range(200) for j in range(200)]
for coarse in (8, 5):
    other = sum(
        h3.cell_to_parent(h3.latlng_to_cell(*point, 9), coarse) != h3.latlng_to_cell(*point, coarse) for point in points
    )
    print(f"points whose cell 9 has another parent than their cell {coarse}: {100 * other / len(points):.0f} %")
PY
)

unchanged "$seen" <<'END'
points whose cell 9 has another parent than their cell 8: 7 %
points whose cell 9 has another parent than their cell 5: 6 %
END
