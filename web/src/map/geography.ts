import type { FeatureCollection as AnyCollection, Feature } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

export type FeatureCollection = AnyCollection;
type Atlas = Topology<Record<string, GeometryCollection>>;

export async function readTopology(url: string): Promise<Atlas> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the base map answered ${response.status}`);
  return (await response.json()) as Atlas;
}

/** The areas of a layer, joined into one collection. */
export function polygons(topology: Atlas, layer: string): FeatureCollection {
  const areas = topology.objects[layer];
  return areas ? collectionOf(feature(topology, areas).features.map(unwrapped)) : EMPTY;
}

/** The lines between the areas of a layer, each once; coasts are not among them. */
export function lines(topology: Atlas, layer: string): FeatureCollection {
  const areas = topology.objects[layer];
  if (!areas) return EMPTY;
  const geometry = mesh(topology, areas as never, (a, b) => a !== b);
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry }] };
}

/** The atlas is made for globes: its rings cross the antimeridian, which on a flat map crosses the world. */
function unwrapped(area: Feature): Feature {
  const { geometry } = area;
  if (geometry.type === "Polygon") {
    return { ...area, geometry: { ...geometry, coordinates: geometry.coordinates.map(unwrapRing) } };
  }
  if (geometry.type !== "MultiPolygon") return area;
  const coordinates = geometry.coordinates.map((polygon) => polygon.map(unwrapRing));
  return { ...area, geometry: { ...geometry, coordinates } };
}

/** A ring without jumps, beyond 180 degrees if need be; one that goes around a pole is closed along it. */
export function unwrapRing(ring: readonly (readonly number[])[]): number[][] {
  let turns = 0;
  let last = ring[0]?.[0] ?? 0;
  const flat = ring.map(([lng = 0, lat = 0]) => {
    if (Math.abs(lng - last) > 180) turns += lng < last ? 360 : -360;
    last = lng;
    return [lng + turns, lat];
  });
  const middle = flat.reduce((sum, [lng = 0]) => sum + lng, 0) / flat.length;
  const shift = Math.round(middle / 360) * 360;
  const shifted = flat.map(([lng = 0, lat = 0]) => [lng - shift, lat]);
  return turns === 0 ? shifted : closedAlongPole(shifted);
}

function closedAlongPole(ring: number[][]): number[][] {
  const [first = [0, 0], end = [0, 0]] = [ring[0], ring.at(-1)];
  const pole = (first[1] ?? 0) < 0 ? -90 : 90;
  return [...ring, [end[0] ?? 0, pole], [first[0] ?? 0, pole], first];
}

function collectionOf(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

export function lineFeature(coordinates: number[][], properties: Record<string, unknown> = {}): Feature {
  return { type: "Feature", properties, geometry: { type: "LineString", coordinates } };
}

export function pointFeature(coordinates: [number, number], properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates } };
}
