import type { LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import statesUrl from "us-atlas/states-10m.json?url";
import detailUrl from "world-atlas/countries-10m.json?url";
import countriesUrl from "world-atlas/countries-50m.json?url";
import { EMPTY, type FeatureCollection, lines, polygons, readTopology } from "./geography.ts";
import type { Palette } from "./palette.ts";

/** What the built-in base map is drawn from; fetched from this server, once. */
export interface Geography {
  readonly land: FeatureCollection;
  readonly borders: FeatureCollection;
  readonly regions: FeatureCollection;
  readonly places: FeatureCollection;
}

/** From this zoom on the coast of 1:10 million is drawn instead of 1:50 million. */
export const DETAIL_MIN_ZOOM = 5;
/** MapLibre reads the weight from the first name, whatever font it is then drawn with. */
export const FONT = ["milepost-regular", "system-ui", "sans-serif"];
export const FONT_BOLD = ["milepost-semibold", "system-ui", "sans-serif"];

export async function loadGeography(): Promise<Geography> {
  const [world, states, { default: places }] = await Promise.all([
    readTopology(countriesUrl),
    readTopology(statesUrl),
    import("virtual:places"),
  ]);
  return {
    land: polygons(world, "countries"),
    borders: lines(world, "countries"),
    regions: lines(states, "states"),
    places: {
      type: "FeatureCollection",
      features: places.map(([name, lng, lat, population]) => ({
        type: "Feature",
        properties: { name, population },
        geometry: { type: "Point", coordinates: [lng, lat] },
      })),
    },
  };
}

/** The finer coast and borders, 1 MB on the wire: only for who zooms in. */
export async function loadDetail(): Promise<Pick<Geography, "land" | "borders">> {
  const world = await readTopology(detailUrl);
  return { land: polygons(world, "countries"), borders: lines(world, "countries") };
}

/** The built-in style: no tiles, no glyphs, no sprite; MapLibre draws text with the page's fonts. */
export function basemapStyle(geography: Geography, palette: Palette): StyleSpecification {
  const { land, borders, regions, places } = geography;
  return {
    version: 8,
    sources: {
      land: geojson(land),
      borders: geojson(borders),
      regions: geojson(regions),
      places: geojson(places),
      grid: geojson(EMPTY),
    },
    layers: [...ground(palette), ...names(palette)],
  };
}

function geojson(data: FeatureCollection): SourceSpecification {
  return { type: "geojson", data, tolerance: 0.2 };
}

function ground(palette: Palette): LayerSpecification[] {
  return [
    { id: "water", type: "background", paint: { "background-color": palette.water } },
    { id: "land", type: "fill", source: "land", paint: { "fill-color": palette.land } },
    line("grid", palette.grid, 1),
    line("regions", palette.region, 1),
    { id: "coast", type: "line", source: "land", paint: { "line-color": palette.coast, "line-width": 0.8 } },
    line("borders", palette.border, 1.2),
  ];
}

function line(source: string, color: string, width: number): LayerSpecification {
  return { id: source, type: "line", source, paint: { "line-color": color, "line-width": width } };
}

/** More places appear as one zooms in; the most populous win where they collide. */
function names(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "places",
      type: "symbol",
      source: "places",
      filter: [">=", ["get", "population"], ["step", ["zoom"], 5e6, 3, 2e6, 4, 8e5, 5, 3e5, 6, 1e5, 7, 3e4, 8, 0]],
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 2, 11, 8, 13, 12, 16],
        "text-padding": 6,
        "symbol-sort-key": ["-", 0, ["get", "population"]],
      },
      paint: { "text-color": palette.placeText, "text-halo-color": palette.land, "text-halo-width": 1.2 },
    },
  ];
}
