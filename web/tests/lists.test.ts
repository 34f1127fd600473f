import { expect, test } from "vitest";
import { type FleetVehicle, type ListedVehicle, merge } from "#api/fleet.ts";
import { sorted } from "#features/fleet/sort.ts";
import { countByState, matches, NO_FILTER } from "#features/live/filter.ts";

const vehicle = (name: string, more: Partial<FleetVehicle> = {}): FleetVehicle => ({
  id: name,
  name,
  fleetName: null,
  registrationNumber: null,
  driver: null,
  state: "stopped",
  stateSince: null,
  fixTime: null,
  lat: null,
  lng: null,
  speedKmh: null,
  courseDeg: null,
  ...more,
});

test("every word of the search must be found somewhere", () => {
  const bus = vehicle("Bus 7", { driver: "Dana Kim", registrationNumber: "TX 41" });
  expect(matches(bus, { ...NO_FILTER, text: "kim  bus" })).toBe(true);
  expect(matches(bus, { ...NO_FILTER, text: "bus 8" })).toBe(false);
});

test("no state chosen means all of them", () => {
  expect(matches(vehicle("a"), NO_FILTER)).toBe(true);
  expect(matches(vehicle("a"), { text: "", states: new Set(["moving"]) })).toBe(false);
});

test("states are counted", () => {
  expect(countByState([vehicle("a"), vehicle("b", { state: "moving" })])).toMatchObject({ stopped: 1, moving: 1 });
});

test("numbers in names sort as numbers, and what is missing comes last both ways", () => {
  const names = (direction: "ascending" | "descending") =>
    sorted([vehicle("Bus 10", { driver: "B" }), vehicle("Bus 9"), vehicle("Bus 2", { driver: "A" })], {
      column: "driver",
      direction,
    }).map(({ name }) => name);
  expect(names("ascending")).toEqual(["Bus 2", "Bus 10", "Bus 9"]);
  expect(names("descending")).toEqual(["Bus 10", "Bus 2", "Bus 9"]);
});

test("a live state replaces what the list knew", () => {
  const listed: ListedVehicle = {
    id: "1",
    name: "Bus",
    fleetName: null,
    registrationNumber: null,
    driverFirstName: null,
    driverLastName: null,
    state: "offline",
    stateSince: null,
    lastLocation: { lat: 1, lng: 2 },
    lastPosition: null,
  };
  expect(merge(listed, undefined)).toMatchObject({ state: "offline", lat: 1, speedKmh: null });
  const live = { vehicleId: "1", state: "moving" as const, location: { lat: 3, lng: 4 }, speedKmh: 40 };
  expect(merge(listed, live)).toMatchObject({ state: "moving", lat: 3, speedKmh: 40 });
});
