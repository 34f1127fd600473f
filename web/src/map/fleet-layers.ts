import type { AddLayerObject, ExpressionSpecification, GeoJSONSourceSpecification } from "maplibre-gl";
import { FONT, FONT_BOLD } from "./basemap.ts";
import { EMPTY } from "./geography.ts";
import type { Palette } from "./palette.ts";

const STATES = ["moving", "idling", "stopped", "offline"] as const;

export const CLUSTER_MAX_ZOOM = 12;

const count = (state: string): ExpressionSpecification => ["+", ["case", ["==", ["get", "state"], state], 1, 0]];

/** A cluster knows how many of its vehicles are in which state. */
export const FLEET_SOURCES: Readonly<Record<string, GeoJSONSourceSpecification>> = {
  fleet: {
    type: "geojson",
    data: EMPTY,
    cluster: true,
    clusterRadius: 42,
    clusterMaxZoom: CLUSTER_MAX_ZOOM,
    clusterProperties: Object.fromEntries(STATES.map((state) => [state, count(state)])),
  },
  selected: { type: "geojson", data: EMPTY },
  trails: { type: "geojson", data: EMPTY },
};

const sixteenths = (state: string): ExpressionSpecification => [
  "to-string",
  ["round", ["/", ["*", 16, ["get", state]], ["get", "point_count"]]],
];

const clusterIcon: ExpressionSpecification = [
  "concat",
  "cluster",
  ...STATES.flatMap((state): ["|", ExpressionSpecification] => ["|", sixteenths(state)]),
];

export function fleetLayers(palette: Palette): AddLayerObject[] {
  return [
    {
      id: "trails",
      type: "line",
      source: "trails",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": palette.trackDim, "line-width": ["interpolate", ["linear"], ["zoom"], 8, 1, 14, 2.5] },
    },
    clusters(palette),
    vehicles("vehicles", "fleet", palette),
    {
      id: "selected-ring",
      type: "circle",
      source: "selected",
      paint: {
        "circle-radius": 19,
        "circle-color": "transparent",
        "circle-stroke-color": palette.highlight,
        "circle-stroke-width": 3,
      },
    },
    vehicles("selected", "selected", palette),
  ];
}

function clusters(palette: Palette): AddLayerObject {
  return {
    id: "clusters",
    type: "symbol",
    source: "fleet",
    filter: ["has", "point_count"],
    layout: {
      "icon-image": clusterIcon,
      "icon-allow-overlap": true,
      "text-field": ["get", "point_count_abbreviated"],
      "text-font": FONT_BOLD,
      "text-size": 14,
      "text-allow-overlap": true,
    },
    paint: { "text-color": palette.text },
  };
}

function vehicles(id: string, source: string, palette: Palette): AddLayerObject {
  return {
    id,
    type: "symbol",
    source,
    filter: ["!", ["has", "point_count"]],
    layout: {
      "icon-image": ["concat", "vehicle-", ["get", "state"]],
      "icon-allow-overlap": true,
      "icon-rotate": ["case", ["==", ["get", "state"], "moving"], ["get", "courseDeg"], 0],
      "icon-rotation-alignment": "map",
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": 12.5,
      "text-anchor": "top",
      "text-offset": [0, source === "selected" ? 1.75 : 1.15],
      "text-optional": true,
    },
    paint: { "text-color": palette.text, "text-halo-color": palette.halo, "text-halo-width": 1.6 },
  };
}
