import { useEffect, useRef } from "react";
import type { FleetVehicle } from "#api/fleet.ts";
import { fitTo, largestGroup, moveTo } from "#map/camera.ts";
import { useReadyMap } from "#map/context.ts";
import { ZoomButtons } from "#map/ZoomButtons.tsx";
import { IconButton } from "#ui/controls.tsx";

interface FleetControlsProps {
  readonly vehicles: readonly FleetVehicle[];
  readonly selected: FleetVehicle | null;
  readonly following: boolean;
  readonly onFollow: (following: boolean) => void;
}

/** The map's buttons, and the camera that goes where it is wanted. */
export function FleetControls({ vehicles, selected, following, onFollow }: FleetControlsProps) {
  const { map } = useReadyMap();
  useFirstFit(vehicles);
  useCamera(selected, following, onFollow);
  return (
    <div className="map-controls">
      <ZoomButtons />
      <IconButton icon="fit" label="Show all vehicles" onPress={() => fitTo(map, places(vehicles))} />
    </div>
  );
}

function places(vehicles: readonly FleetVehicle[]) {
  return vehicles.flatMap(({ lng, lat }) => (lng === null || lat === null ? [] : [{ lng, lat }]));
}

/** The first time vehicles have places, most of them are shown: a fleet on two continents is mostly sea. */
function useFirstFit(vehicles: readonly FleetVehicle[]): void {
  const { map } = useReadyMap();
  const isFitted = useRef(false);
  useEffect(() => {
    const all = places(vehicles);
    if (all.length === 0 || isFitted.current) return;
    isFitted.current = true;
    fitTo(map, largestGroup(all), false);
  }, [map, vehicles]);
}

function useCamera(selected: FleetVehicle | null, following: boolean, onFollow: (following: boolean) => void): void {
  const { map } = useReadyMap();
  const { id = null, lng = null, lat = null } = selected ?? {};
  const shownId = useRef<string | null>(null);
  useEffect(() => {
    const isNew = id !== shownId.current;
    shownId.current = id;
    if (lng === null || lat === null) return;
    if (isNew) moveTo(map, { lng, lat });
    else if (following) map.easeTo({ center: [lng, lat], duration: 900 });
  }, [map, id, lng, lat, following]);
  useEffect(() => {
    const subscription = map.on("dragstart", () => onFollow(false));
    return () => subscription.unsubscribe();
  }, [map, onFollow]);
}
