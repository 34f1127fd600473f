import type { AddLayerObject, GeoJSONSourceSpecification } from "maplibre-gl";
import { FONT_BOLD } from "./basemap.ts";
import { EMPTY } from "./geography.ts";
import type { Palette } from "./palette.ts";

const geojson = (): GeoJSONSourceSpecification => ({ type: "geojson", data: EMPTY });

export const TRACK_SOURCES = {
  track: geojson(),
  highlight: geojson(),
  stops: geojson(),
  marker: geojson(),
};

const round = { "line-cap": "round", "line-join": "round" } as const;

export function trackLayers(palette: Palette): AddLayerObject[] {
  return [
    {
      id: "track-casing",
      type: "line",
      source: "track",
      layout: round,
      paint: { "line-color": palette.halo, "line-width": 6 },
    },
    {
      id: "track",
      type: "line",
      source: "track",
      layout: round,
      paint: { "line-color": ["case", ["get", "isDim"], palette.trackDim, palette.track], "line-width": 3 },
    },
    {
      id: "highlight",
      type: "line",
      source: "highlight",
      layout: round,
      paint: { "line-color": palette.highlight, "line-width": 5 },
    },
    ...stopLayers(palette),
    markerLayer(),
  ];
}

function stopLayers(palette: Palette): AddLayerObject[] {
  return [
    {
      id: "stop-ring",
      type: "circle",
      source: "stops",
      filter: ["get", "isSelected"],
      paint: {
        "circle-radius": 16,
        "circle-color": "transparent",
        "circle-stroke-color": palette.highlight,
        "circle-stroke-width": 3,
      },
    },
    {
      id: "stops",
      type: "symbol",
      source: "stops",
      layout: {
        "icon-image": "stop",
        "icon-allow-overlap": true,
        "text-field": ["get", "label"],
        "text-font": FONT_BOLD,
        "text-size": 12,
        "text-allow-overlap": true,
        "symbol-z-order": "source",
      },
      paint: { "text-color": palette.ink },
    },
  ];
}

function markerLayer(): AddLayerObject {
  return {
    id: "marker",
    type: "symbol",
    source: "marker",
    layout: {
      "icon-image": ["concat", "vehicle-", ["get", "state"]],
      "icon-size": 1.25,
      "icon-rotate": ["get", "courseDeg"],
      "icon-rotation-alignment": "map",
      "icon-allow-overlap": true,
    },
  };
}
