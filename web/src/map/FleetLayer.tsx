import type { GeoJSONSource, MapLayerMouseEvent, Map as MapLibreMap } from "maplibre-gl";
import { useEffect, useRef } from "react";
import type { FleetVehicle } from "#api/fleet.ts";
import { useClusterPopup } from "./cluster-popup.ts";
import { type ReadyMap, useReadyMap } from "./context.ts";
import { FLEET_SOURCES, fleetLayers } from "./fleet-layers.ts";
import { lineFeature, pointFeature } from "./geography.ts";
import { addLayers, collection, setData } from "./layers.ts";
import { Motion } from "./motion.ts";
import { Trails } from "./trails.ts";

interface FleetLayerProps {
  readonly vehicles: readonly FleetVehicle[];
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
  /** Whether markers glide from report to report. */
  readonly animate: boolean;
}

const GLIDE_MS = 900;
const FRAME_MS = 66;
/** Above so many, or this far out, gliding costs more than it shows. */
const GLIDE_MAX_VEHICLES = 400;
const GLIDE_MIN_ZOOM = 10;

/** All vehicles: clustered far out, one by one close by; the selected one always by itself. */
export function FleetLayer({ vehicles, selectedId, onSelect, animate }: FleetLayerProps) {
  const ready = useReadyMap();
  const { map } = ready;
  useEffect(() => addLayers(ready.map, FLEET_SOURCES, fleetLayers(ready.palette)), [ready]);
  useMarkers(ready, vehicles, selectedId, animate);
  useClicks(map, onSelect);
  useClusterPopup(map);
  return null;
}

function useMarkers(
  ready: ReadyMap,
  vehicles: readonly FleetVehicle[],
  selectedId: string | null,
  animate: boolean,
): void {
  const motion = useRef(new Motion(GLIDE_MS));
  const trails = useRef(new Trails());
  useEffect(() => {
    const { map } = ready;
    const placed = vehicles.filter(isPlaced);
    motion.current.aim(placed, performance.now());
    const glides = animate && placed.length <= GLIDE_MAX_VEHICLES && map.getZoom() >= GLIDE_MIN_ZOOM;
    if (trails.current.extend(placed)) {
      setData(map, "trails", collection(trails.current.lines().map((line) => lineFeature(line))));
    }
    return drawUntilStill(map, motion.current, placed, selectedId, glides);
  }, [ready, vehicles, selectedId, animate]);
}

type Placed = FleetVehicle & { readonly lat: number; readonly lng: number };

function isPlaced(vehicle: FleetVehicle): vehicle is Placed {
  return vehicle.lat !== null && vehicle.lng !== null;
}

function drawUntilStill(
  map: MapLibreMap,
  motion: Motion,
  vehicles: readonly Placed[],
  selectedId: string | null,
  glides: boolean,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = () => {
    const now = glides ? performance.now() : Number.POSITIVE_INFINITY;
    draw(map, motion, vehicles, selectedId, now);
    if (glides && motion.isMoving(now)) timer = setTimeout(frame, FRAME_MS);
  };
  frame();
  return () => clearTimeout(timer);
}

function draw(
  map: MapLibreMap,
  motion: Motion,
  vehicles: readonly Placed[],
  selectedId: string | null,
  now: number,
): void {
  const feature = ({ id, name, state, courseDeg, lng, lat }: Placed) =>
    pointFeature(motion.at(id, now) ?? [lng, lat], { id, name, state, courseDeg: courseDeg ?? 0 });
  const others = vehicles.filter(({ id }) => id !== selectedId);
  setData(map, "fleet", collection(others.map(feature)));
  setData(map, "selected", collection(vehicles.filter(({ id }) => id === selectedId).map(feature)));
}

function useClicks(map: MapLibreMap, onSelect: (id: string) => void): void {
  useEffect(() => {
    const vehicle = ({ features }: MapLayerMouseEvent) => {
      const id = features?.[0]?.properties.id;
      if (typeof id === "string") onSelect(id);
    };
    const cluster = (event: MapLayerMouseEvent) => expand(map, event);
    const subscriptions = [map.on("click", ["vehicles", "selected"], vehicle), map.on("click", "clusters", cluster)];
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }, [map, onSelect]);
}

async function expand(map: MapLibreMap, { features }: MapLayerMouseEvent): Promise<void> {
  const feature = features?.[0];
  const source = map.getSource<GeoJSONSource>("fleet");
  if (!source || feature?.geometry.type !== "Point") return;
  const zoom = await source.getClusterExpansionZoom(feature.properties.cluster_id as number);
  map.easeTo({ center: feature.geometry.coordinates as [number, number], zoom: zoom + 0.3 });
}
