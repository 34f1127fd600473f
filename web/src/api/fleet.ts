import type { MotionState, Position, Vehicle, VehicleState } from "@milepost/sdk";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { States } from "./fleet-store.ts";
import { vehiclesQuery } from "./queries.ts";
import { useServices } from "./services.ts";

export const STATES: readonly MotionState[] = ["moving", "idling", "stopped", "offline"];

/** A vehicle as lists and maps show it: what is managed, with its newest state. */
export interface FleetVehicle {
  readonly id: string;
  readonly name: string;
  readonly fleetName: string | null;
  readonly registrationNumber: string | null;
  readonly driver: string | null;
  readonly state: MotionState;
  readonly stateSince: string | null;
  readonly fixTime: string | null;
  readonly lat: number | null;
  readonly lng: number | null;
  readonly speedKmh: number | null;
  readonly courseDeg: number | null;
}

/** All vehicles of the caller by name, newest state in; `isPending` until the first answer. */
export function useFleet() {
  const { client, fleet } = useServices();
  const { data, isPending, error, refetch } = useQuery(vehiclesQuery(client));
  const states = useSyncExternalStore(fleet.subscribe, fleet.snapshot);
  useRefetchOnUnknown(states, data, refetch);
  const merged = useRef(new MergeCache());
  const vehicles = useMemo(
    () => (data ?? []).map((v) => merged.current.get(v, states.get(v.id))).sort(byName),
    [data, states],
  );
  return { vehicles, isPending, error, refetch };
}

/** A vehicle that reports but is not in the list was added meanwhile. */
function useRefetchOnUnknown(states: States, vehicles: Vehicle[] | undefined, refetch: () => unknown): void {
  const unknown = useMemo(() => {
    if (!vehicles) return 0;
    const known = new Set(vehicles.map(({ id }) => id));
    return [...states.keys()].filter((id) => !known.has(id)).length;
  }, [states, vehicles]);
  useEffect(() => {
    if (unknown > 0) refetch();
  }, [unknown, refetch]);
}

/** Gives the same object while nothing about a vehicle changes, so that its row is not drawn again. */
class MergeCache {
  readonly #entries = new Map<string, { vehicle: Vehicle; live: VehicleState | undefined; merged: FleetVehicle }>();

  get(vehicle: Vehicle, live: VehicleState | undefined): FleetVehicle {
    const known = this.#entries.get(vehicle.id);
    if (known && known.vehicle === vehicle && known.live === live) return known.merged;
    const merged = merge(vehicle, live);
    this.#entries.set(vehicle.id, { vehicle, live, merged });
    return merged;
  }
}

/** What of a vehicle lists and maps need. */
export type ListedVehicle = Pick<
  Vehicle,
  | "id"
  | "name"
  | "fleetName"
  | "registrationNumber"
  | "driverFirstName"
  | "driverLastName"
  | "state"
  | "stateSince"
  | "lastLocation"
  | "lastPosition"
>;

export function merge(vehicle: ListedVehicle, live: VehicleState | undefined): FleetVehicle {
  const last = live ? fromLive(live) : fromPosition(vehicle);
  return {
    id: vehicle.id,
    name: vehicle.name,
    fleetName: vehicle.fleetName,
    registrationNumber: vehicle.registrationNumber,
    driver: [vehicle.driverFirstName, vehicle.driverLastName].filter(Boolean).join(" ") || null,
    ...last,
  };
}

type Last = Pick<FleetVehicle, "state" | "stateSince" | "fixTime" | "lat" | "lng" | "speedKmh" | "courseDeg">;

function fromLive(live: VehicleState): Last {
  return {
    state: live.state,
    stateSince: live.stateSince ?? null,
    fixTime: live.timestamp ?? null,
    lat: live.location?.lat ?? null,
    lng: live.location?.lng ?? null,
    speedKmh: live.speedKmh ?? null,
    courseDeg: live.courseDeg ?? null,
  };
}

function fromPosition(vehicle: ListedVehicle): Last {
  const last: Partial<Position> = vehicle.lastPosition ?? {};
  return {
    state: vehicle.state,
    stateSince: vehicle.stateSince ?? null,
    fixTime: last.fixTime ?? null,
    lat: last.latitudeDeg ?? vehicle.lastLocation?.lat ?? null,
    lng: last.longitudeDeg ?? vehicle.lastLocation?.lng ?? null,
    speedKmh: last.speedKmh ?? null,
    courseDeg: last.courseDeg ?? null,
  };
}

const collator = new Intl.Collator(undefined, { numeric: true });

function byName(a: FleetVehicle, b: FleetVehicle): number {
  return collator.compare(a.name, b.name);
}
