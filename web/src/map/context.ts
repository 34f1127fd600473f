import type { Map as MapLibreMap } from "maplibre-gl";
import { createContext, useContext } from "react";
import type { Palette } from "./palette.ts";

/** A map whose style is ready; a new object each time the style was replaced, so that layers come back. */
export interface ReadyMap {
  readonly map: MapLibreMap;
  readonly palette: Palette;
}

const ReadyMapContext = createContext<ReadyMap | null>(null);
export const ReadyMapProvider = ReadyMapContext.Provider;

export function useReadyMap(): ReadyMap {
  const ready = useContext(ReadyMapContext);
  if (!ready) throw new Error("map layers belong inside MapView");
  return ready;
}
