import type { LngLatBounds, Map as MapLibreMap } from "maplibre-gl";
import { type FeatureCollection, lineFeature } from "./geography.ts";
import { collection, setData } from "./layers.ts";

/** Spacings of the grid, degrees: the finest that leaves at most `LINES_MAX` across is taken. */
const STEPS_DEG = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
const LINES_MAX = 9;

/** Keeps a grid of meridians and parallels under the view: close in it is all that gives scale. */
export function keepGrid(map: MapLibreMap): () => void {
  const draw = () => setData(map, "grid", grid(map.getBounds()));
  const subscriptions = [map.on("moveend", draw), map.on("style.load", draw)];
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}

function grid(bounds: LngLatBounds): FeatureCollection {
  const [west, east] = [bounds.getWest(), bounds.getEast()];
  const [south, north] = [Math.max(-84, bounds.getSouth()), Math.min(84, bounds.getNorth())];
  const step = stepFor(east - west);
  const meridians = multiples(west, east, step).map((lng) =>
    lineFeature([
      [lng, south],
      [lng, north],
    ]),
  );
  const parallels = multiples(south, north, step).map((lat) =>
    lineFeature([
      [west, lat],
      [east, lat],
    ]),
  );
  return collection([...meridians, ...parallels]);
}

export function stepFor(widthDeg: number): number {
  return STEPS_DEG.find((step) => widthDeg / step <= LINES_MAX) ?? 20;
}

export function multiples(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}
