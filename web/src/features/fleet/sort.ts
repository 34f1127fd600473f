import type { SortDescriptor } from "react-aria-components";
import { type FleetVehicle, STATES } from "#api/fleet.ts";

export type ColumnId = "name" | "state" | "speedKmh" | "courseDeg" | "driver" | "fleetName" | "place" | "fixTime";

interface ColumnDefinition {
  readonly id: ColumnId;
  readonly name: string;
  readonly width: `${number}fr`;
}

export const COLUMNS: readonly ColumnDefinition[] = [
  { id: "name", name: "Vehicle", width: "1.6fr" },
  { id: "state", name: "State", width: "1.1fr" },
  { id: "speedKmh", name: "Speed", width: "0.9fr" },
  { id: "courseDeg", name: "Heading", width: "1fr" },
  { id: "driver", name: "Driver", width: "1.4fr" },
  { id: "fleetName", name: "Fleet", width: "1.3fr" },
  { id: "place", name: "Place", width: "2.1fr" },
  { id: "fixTime", name: "Last report", width: "1.2fr" },
];

const collator = new Intl.Collator(undefined, { numeric: true });

/** The vehicles in the order of a column; those without a value come last either way. */
export function sorted(vehicles: readonly FleetVehicle[], { column, direction }: SortDescriptor): FleetVehicle[] {
  const key = KEYS[column as ColumnId];
  const sign = direction === "descending" ? -1 : 1;
  return [...vehicles].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * compare(x, y);
  });
}

type Key = string | number | null;

const KEYS: Readonly<Record<ColumnId, (vehicle: FleetVehicle) => Key>> = {
  name: ({ name }) => name,
  state: ({ state }) => STATES.indexOf(state),
  speedKmh: ({ state, speedKmh }) => (state === "moving" ? speedKmh : null),
  courseDeg: ({ courseDeg }) => courseDeg,
  driver: ({ driver }) => driver,
  fleetName: ({ fleetName }) => fleetName,
  place: ({ lat }) => lat,
  fixTime: ({ fixTime }) => fixTime,
};

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}
