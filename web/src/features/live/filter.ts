import type { MotionState } from "@milepost/sdk";
import type { FleetVehicle } from "#api/fleet.ts";

export interface Filter {
  readonly text: string;
  /** States to show; none of them means all. */
  readonly states: ReadonlySet<MotionState>;
}

export const NO_FILTER: Filter = { text: "", states: new Set() };

/** Every word must be found in the vehicle's name, plate, driver or fleet. */
export function matches(vehicle: FleetVehicle, { text, states }: Filter): boolean {
  if (states.size > 0 && !states.has(vehicle.state)) return false;
  const { name, registrationNumber, driver, fleetName } = vehicle;
  const hay = [name, registrationNumber, driver, fleetName].join(" ").toLocaleLowerCase();
  return text
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

export function countByState(vehicles: readonly FleetVehicle[]): Record<MotionState, number> {
  const counts = { moving: 0, idling: 0, stopped: 0, offline: 0 };
  for (const { state } of vehicles) counts[state]++;
  return counts;
}
