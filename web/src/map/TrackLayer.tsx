import { useEffect, useRef } from "react";
import { fitTo } from "./camera.ts";
import { type ReadyMap, useReadyMap } from "./context.ts";
import { lineFeature, pointFeature } from "./geography.ts";
import { addLayers, collection, setData } from "./layers.ts";
import { TRACK_SOURCES, trackLayers } from "./track-layers.ts";

type Line = readonly (readonly [number, number])[];

export interface StopMark {
  readonly id: string;
  readonly label: string;
  readonly lng: number;
  readonly lat: number;
}

export interface TrackMarker {
  readonly lng: number;
  readonly lat: number;
  readonly courseDeg: number;
  readonly isMoving: boolean;
}

interface TrackLayerProps {
  readonly lines: readonly Line[];
  readonly highlight: readonly Line[];
  readonly stops: readonly StopMark[];
  readonly selectedId: string | null;
  readonly marker: TrackMarker | null;
  readonly onSelectStop: (id: string) => void;
  /** What is shown (a vehicle's day): the camera goes to each once, and again for each selection. */
  readonly subject: string;
}

/** A day's track with its stops, the part that is picked out, and where playback is. */
export function TrackLayer({ lines, highlight, stops, selectedId, marker, onSelectStop, subject }: TrackLayerProps) {
  const ready = useReadyMap();
  useEffect(() => addLayers(ready.map, TRACK_SOURCES, trackLayers(ready.palette)), [ready]);
  useLines(ready, "track", lines, selectedId !== null);
  useLines(ready, "highlight", highlight, false);
  useStops(ready, stops, selectedId);
  useMarker(ready, marker);
  useFit(ready, lines, highlight, stops, selectedId, subject);
  useEffect(() => {
    const subscription = ready.map.on("click", "stops", ({ features }) => {
      const id = features?.[0]?.properties.id;
      if (typeof id === "string") onSelectStop(id);
    });
    return () => subscription.unsubscribe();
  }, [ready, onSelectStop]);
  return null;
}

function useLines(ready: ReadyMap, source: string, lines: readonly Line[], isDim: boolean): void {
  useEffect(() => {
    const features = lines.map((line) =>
      lineFeature(
        line.map(([lng, lat]) => [lng, lat]),
        { isDim },
      ),
    );
    setData(ready.map, source, collection(features));
  }, [ready, source, lines, isDim]);
}

function useStops(ready: ReadyMap, stops: readonly StopMark[], selectedId: string | null): void {
  useEffect(() => {
    const features = stops.map(({ id, label, lng, lat }) =>
      pointFeature([lng, lat], { id, label, isSelected: id === selectedId }),
    );
    setData(ready.map, "stops", collection(features));
  }, [ready, stops, selectedId]);
}

function useMarker(ready: ReadyMap, marker: TrackMarker | null): void {
  useEffect(() => {
    const { lng = 0, lat = 0, courseDeg = 0, isMoving = false } = marker ?? {};
    const properties = { state: isMoving ? "moving" : "stopped", courseDeg: isMoving ? courseDeg : 0 };
    setData(ready.map, "marker", collection(marker ? [pointFeature([lng, lat], properties)] : []));
  }, [ready, marker]);
}

/** Shows the day, then whatever is picked out of it; a day that grows moves the camera no more. */
function useFit(
  { map }: ReadyMap,
  lines: readonly Line[],
  highlight: readonly Line[],
  stops: readonly StopMark[],
  selectedId: string | null,
  subject: string,
): void {
  const shown = useRef("");
  useEffect(() => {
    const stop = stops.find(({ id }) => id === selectedId);
    const line = (highlight.length > 0 ? highlight : lines).flat().map(([lng, lat]) => ({ lng, lat }));
    const places = stop ? [stop] : [...line, ...(highlight.length > 0 ? [] : stops)];
    const key = `${subject} ${selectedId}`;
    if (places.length === 0 || shown.current === key) return;
    fitTo(map, places, shown.current !== "");
    shown.current = key;
  }, [map, lines, highlight, stops, selectedId, subject]);
}
