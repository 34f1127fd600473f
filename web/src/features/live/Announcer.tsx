import type { FleetVehicle } from "#api/fleet.ts";
import { stateWord } from "#ui/controls.tsx";

/** Tells screen readers which vehicle is selected and when its state changes; nothing else. */
export function Announcer({ vehicle }: { readonly vehicle: FleetVehicle | null }) {
  return (
    <p className="visually-hidden" aria-live="polite">
      {vehicle && `${vehicle.name}: ${stateWord(vehicle.state)}`}
    </p>
  );
}
