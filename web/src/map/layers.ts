import type { AddLayerObject, GeoJSONSource, GeoJSONSourceSpecification, Map as MapLibreMap } from "maplibre-gl";
import type { FeatureCollection } from "./geography.ts";

type Sources = Readonly<Record<string, GeoJSONSourceSpecification>>;

/** Adds sources and the layers over them; returns what takes them off again. */
export function addLayers(map: MapLibreMap, sources: Sources, layers: readonly AddLayerObject[]): () => void {
  for (const [id, source] of Object.entries(sources)) map.addSource(id, source);
  for (const layer of layers) map.addLayer(layer);
  return () => removeLayers(map, sources, layers);
}

/** A map that was removed, or whose style was replaced, has nothing left to take off. */
function removeLayers(map: MapLibreMap, sources: Sources, layers: readonly AddLayerObject[]): void {
  if (!map.style) return;
  for (const { id } of layers) if (map.getLayer(id)) map.removeLayer(id);
  for (const id of Object.keys(sources)) if (map.getSource(id)) map.removeSource(id);
}

export function setData(map: MapLibreMap, source: string, data: FeatureCollection): void {
  map.getSource<GeoJSONSource>(source)?.setData(data);
}

export function collection(features: FeatureCollection["features"]): FeatureCollection {
  return { type: "FeatureCollection", features };
}
