// Places: distance, ways by road, service areas.

const EARTH_RADIUS_M = 6_371_008.8;
const radians = (degrees) => (degrees * Math.PI) / 180;

/** Great-circle distance in metres (haversine formula). */
export function distanceM(a, b) {
  const h =
    Math.sin(radians(b.lat - a.lat) / 2) ** 2 +
    Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(radians(b.lng - a.lng) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(h));
}

/** Seconds by road: the great circle, longer by a factor, at a mean speed. */
export class Router {
  constructor({ detour, speed_kmh: speed }) {
    this.detour = detour;
    this.metresASecond = speed / 3.6;
  }

  seconds(a, b) {
    return Math.round((distanceM(a, b) * this.detour) / this.metresASecond);
  }
}

export class Areas {
  constructor(areas) {
    this.areas = areas;
  }

  /** The id of the area that holds the point (even-odd rule), or undefined. */
  at(lat, lng) {
    return this.areas.find((area) => inside(area.boundary, lat, lng))?.id;
  }
}

function inside(ring, lat, lng) {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > lat !== yj > lat && lng < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}
