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

/** Wider than this, degrees, and the places are not shown as one. */
const GROUP_MAX_DEG = 20;

/** The places of the 20-degree cell that holds most of them; all of them if they lie close together. */
export function largestGroup(places: readonly LngLat[]): readonly LngLat[] {
  const width = spread(places.map(({ lng }) => lng));
  if (width <= GROUP_MAX_DEG && spread(places.map(({ lat }) => lat)) <= GROUP_MAX_DEG) return places;
  const cell = (deg: number) => Math.floor(deg / GROUP_MAX_DEG);
  const groups = Map.groupBy(places, ({ lng, lat }) => `${cell(lng)} ${cell(lat)}`);
  return [...groups.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
}

function spread(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -180) - values.reduce((a, b) => Math.min(a, b), 180);
}

/** Brings a place to the middle, close enough to tell it from its neighbours. */
export function moveTo(map: MapLibreMap, { lng, lat }: LngLat): void {
  map.easeTo({ center: [lng, lat], zoom: Math.max(map.getZoom(), 12.5), duration: 600 });
}
