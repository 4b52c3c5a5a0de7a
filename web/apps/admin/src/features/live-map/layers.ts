import type { FeatureCollection } from "geojson";
import type * as MapLibre from "maplibre-gl";

import type { RescueRow } from "../../lib/api.ts";
import type { Truck } from "../../lib/city.ts";
import { UNDER_WAY, WAITING } from "../../lib/status.ts";

const GLIDE_MS = 600; // a truck glides from fix to fix, so that it is seen moving
const FREE = "#64748b";
const BUSY = "#0284c7";
const WAIT = "#d97706";
const MOVE = "#0284c7";
const TRUCK = "truck";
const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

/** A truck seen from above, pointing north, as a signed distance-like white mask that is tinted. */
function truckImage(): ImageData {
  const size = 48;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser cannot draw");
  const body = (fill: string, stroke: string) => {
    pen.fillStyle = fill;
    pen.strokeStyle = stroke;
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(24, 4);
    pen.lineTo(35, 14);
    pen.lineTo(35, 43);
    pen.lineTo(13, 43);
    pen.lineTo(13, 14);
    pen.closePath();
    pen.fill();
    pen.stroke();
  };
  body("#000000", "#ffffff");
  pen.clearRect(17, 26, 14, 13);
  pen.strokeStyle = "#000000";
  pen.strokeRect(17, 26, 14, 13);
  return pen.getImageData(0, 0, size, size);
}

function tinted(image: ImageData, colour: string): ImageData {
  const value = parseInt(colour.slice(1), 16);
  const copy = new ImageData(new Uint8ClampedArray(image.data), image.width, image.height);
  for (let i = 0; i < copy.data.length; i += 4) {
    const black = 1 - (copy.data[i] ?? 0) / 255;
    copy.data[i] = Math.round(black * (value >> 16) + (1 - black) * 255);
    copy.data[i + 1] = Math.round(black * ((value >> 8) & 255) + (1 - black) * 255);
    copy.data[i + 2] = Math.round(black * (value & 255) + (1 - black) * 255);
  }
  return copy;
}

/** Adds what lives on the map to a style that was just loaded. */
export function addLayers(map: MapLibre.Map): void {
  const image = truckImage();
  for (const [name, colour] of [
    [`${TRUCK}-free`, FREE],
    [`${TRUCK}-busy`, BUSY],
  ] as const) {
    if (!map.hasImage(name)) map.addImage(name, tinted(image, colour), { pixelRatio: 2 });
  }
  map.addSource("rescues", { type: "geojson", data: EMPTY });
  map.addSource("trucks", { type: "geojson", data: EMPTY });
  map.addLayer({
    id: "rescue-halo",
    type: "circle",
    source: "rescues",
    paint: { "circle-radius": 13, "circle-color": ["get", "colour"], "circle-opacity": 0.25 },
  });
  map.addLayer({
    id: "rescues",
    type: "circle",
    source: "rescues",
    paint: { "circle-radius": 6, "circle-color": ["get", "colour"], "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 },
  });
  map.addLayer({
    id: "trucks",
    type: "symbol",
    source: "trucks",
    layout: {
      "icon-image": ["get", "icon"],
      "icon-rotate": ["get", "heading"],
      "icon-rotation-alignment": "map",
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    },
  });
}

export function drawTrucks(map: MapLibre.Map, trucks: ReadonlyMap<string, Truck>, now: number): void {
  map.getSource<MapLibre.GeoJSONSource>("trucks")?.setData({
    type: "FeatureCollection",
    features: [...trucks.values()].map((truck) => {
      const part = Math.min(1, (now - truck.movedAt) / GLIDE_MS);
      return {
        type: "Feature",
        properties: { id: truck.id, icon: truck.rescueId ? `${TRUCK}-busy` : `${TRUCK}-free`, heading: truck.heading ?? 0, rescue: truck.rescueId },
        geometry: {
          type: "Point",
          coordinates: [truck.from.lng + (truck.lng - truck.from.lng) * part, truck.from.lat + (truck.lat - truck.from.lat) * part],
        },
      };
    }),
  });
}

export function drawRescues(map: MapLibre.Map, rescues: ReadonlyMap<string, RescueRow>): void {
  map.getSource<MapLibre.GeoJSONSource>("rescues")?.setData({
    type: "FeatureCollection",
    features: [...rescues.values()].flatMap((rescue) => {
      const place = rescue.status === "in_transit" ? rescue.dropoff : rescue.pickup;
      const shown = WAITING.has(rescue.status) || UNDER_WAY.has(rescue.status);
      if (!place || !shown) return [];
      return [
        {
          type: "Feature" as const,
          properties: { id: rescue.id, colour: WAITING.has(rescue.status) ? WAIT : MOVE },
          geometry: { type: "Point" as const, coordinates: [place.lng, place.lat] },
        },
      ];
    }),
  });
}
