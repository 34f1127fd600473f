import type { Stop, Trip } from "@milepost/sdk";
import { expect, test } from "vitest";
import { parseDay, periodOf, shiftDay } from "#features/vehicle/day.ts";
import { quantity, reasonsOf } from "#features/vehicle/explain.ts";
import { summarize, toParts } from "#features/vehicle/parts.ts";

const reasons = {
  startReason: "ignition_on",
  endReason: null,
  startExplanation: { reason: "ignition_on", measured: {}, thresholds: {} },
  endExplanation: null,
};

const trip = (id: string, startTime: string, more: Partial<Trip> = {}): Trip => ({
  id,
  vehicleId: "v",
  deviceId: "d",
  driverId: null,
  startTime,
  endTime: "2026-03-01T10:00:00Z",
  startLocation: { lat: 1, lng: 2 },
  endLocation: { lat: 1, lng: 2 },
  distanceM: 1000,
  durationS: 600,
  drivingS: 500,
  idlingS: 100,
  maxSpeedKmh: 50,
  averageSpeedKmh: 30,
  fuelUsedL: null,
  positionCount: 60,
  hasGap: false,
  ...reasons,
  ...more,
});

const stop: Stop = {
  id: "s",
  vehicleId: "v",
  deviceId: "d",
  driverId: null,
  startTime: "2026-03-01T08:30:00Z",
  endTime: null,
  location: { lat: 1, lng: 2 },
  durationS: 60,
  distanceM: 0,
  drivingS: 0,
  idlingS: 0,
  positionCount: 6,
  hasGap: false,
  ...reasons,
};

test.each(["2026-02-30", "20260201", "today", ""])("%s is no day", (text) => expect(parseDay(text)).toBeNull());

test("days follow each other over months, and one ends where the next begins", () => {
  expect(shiftDay("2026-03-01", -1)).toBe("2026-02-28");
  expect(periodOf("2026-02-28").to).toBe(periodOf("2026-03-01").from);
});

test("trips and stops are numbered apart and told in one order", () => {
  const parts = toParts([trip("b", "2026-03-01T09:00:00Z"), trip("a", "2026-03-01T08:00:00Z")], [stop]);
  expect(parts.map(({ kind, number }) => `${kind} ${number}`)).toEqual(["trip 1", "stop 1", "trip 2"]);
});

test("a day is the sum of its trips and of what was driven within stops", () => {
  const trips = [trip("a", "2026-03-01T08:00:00Z"), trip("b", "2026-03-01T09:00:00Z", { maxSpeedKmh: 70 })];
  const sums = { trips: 2, distanceM: 2000, drivingS: 1000, idlingS: 200, maxSpeedKmh: 70 };
  expect(summarize(trips, [stop])).toEqual(sums);
  const shunting = { ...stop, distanceM: 250, drivingS: 75, idlingS: 30 };
  expect(summarize(trips, [shunting])).toEqual({ ...sums, distanceM: 2250, drivingS: 1075, idlingS: 230 });
  expect(summarize([], []).maxSpeedKmh).toBeNull();
});

test("a trip that goes on has only a beginning to explain", () => {
  const [open] = toParts([trip("a", "2026-03-01T08:00:00Z", { endTime: null })], []);
  expect(open && reasonsOf(open).map(({ title }) => title)).toEqual(["Why it began"]);
});

test("why a trip ended is told with what was measured and the thresholds used", () => {
  const endExplanation = {
    reason: "motion_ended",
    measured: { haltS: 612 },
    thresholds: { stopMinDurationS: 300, useIgnition: true },
  };
  const [part] = toParts([trip("a", "2026-03-01T08:00:00Z", { endExplanation })], []);
  expect(part && reasonsOf(part)[1]).toEqual({
    title: "Why it ended",
    sentence: "The vehicle stayed in one place for long enough.",
    measured: [{ name: "Halt", value: "10 min" }],
    thresholds: [
      { name: "Stop min duration", value: "5 min" },
      { name: "Use ignition", value: "yes" },
    ],
  });
});

test.each([
  ["moving_min_distance_m", 150, "150 m"],
  ["jumpMaxSpeedKmh", 400, "400 km/h"],
  ["positions", 3, "3"],
])("%s carries its unit", (key, value, text) => expect(quantity(key, value).value).toBe(text));
