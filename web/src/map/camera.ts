import { LngLatBounds, type Map as MapLibreMap } from "maplibre-gl";

export interface LngLat {
  readonly lng: number;
  readonly lat: number;
}

const PADDING_PX = 56;
const FIT_MAX_ZOOM = 15;

/** Shows all of `places`. Moves at once where less motion is preferred: MapLibre sees to that. */
export function fitTo(map: MapLibreMap, places: readonly LngLat[], animate = true): void {
  const [first] = places;
  if (!first) return;
  const bounds = places.reduce((all, { lng, lat }) => all.extend([lng, lat]), new LngLatBounds());
  const { width, height } = map.getCanvas().getBoundingClientRect();
  const padding = Math.min(PADDING_PX, width / 6, height / 6);
  map.fitBounds(bounds, { padding, maxZoom: FIT_MAX_ZOOM, animate });
}

/** Brings a place to the middle, close enough to see streets. */
export function moveTo(map: MapLibreMap, { lng, lat }: LngLat): void {
  map.easeTo({ center: [lng, lat], zoom: Math.max(map.getZoom(), 14), duration: 600 });
}
