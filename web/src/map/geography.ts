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
  return areas ? feature(topology, areas) : EMPTY;
}

/** The lines between the areas of a layer, each once; coasts are not among them. */
export function lines(topology: Atlas, layer: string): FeatureCollection {
  const areas = topology.objects[layer];
  if (!areas) return EMPTY;
  const geometry = mesh(topology, areas as never, (a, b) => a !== b);
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry }] };
}

export const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

export function lineFeature(coordinates: number[][], properties: Record<string, unknown> = {}): Feature {
  return { type: "Feature", properties, geometry: { type: "LineString", coordinates } };
}

export function pointFeature(coordinates: [number, number], properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates } };
}
