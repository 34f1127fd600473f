import type { Explanation, LatLng, Stop, Trip } from "@milepost/sdk";

/** A trip or a stop: what a day is made of. */
export interface Part {
  readonly id: string;
  readonly kind: "trip" | "stop";
  /** The trip's or the stop's number in the day, from 1. */
  readonly number: number;
  readonly startMs: number;
  /** Null while it goes on. */
  readonly endMs: number | null;
  readonly durationS: number;
  readonly idlingS: number;
  /** Of a stop: what was driven within it, in moves too short for a trip. */
  readonly distanceM: number | null;
  readonly maxSpeedKmh: number | null;
  readonly averageSpeedKmh: number | null;
  readonly hasGap: boolean;
  readonly place: LatLng | null;
  readonly endPlace: LatLng | null;
  readonly startReason: string | null;
  readonly endReason: string | null;
  readonly startExplanation: Explanation | null;
  readonly endExplanation: Explanation | null;
}

/** Trips and stops in one order of time. */
export function toParts(trips: readonly Trip[], stops: readonly Stop[]): Part[] {
  const parts = [...numbered(trips).map(fromTrip), ...numbered(stops).map(fromStop)];
  return parts.sort((a, b) => a.startMs - b.startMs || a.kind.localeCompare(b.kind));
}

type Numbered<T> = readonly [T, number];

function numbered<T extends { readonly startTime: string }>(items: readonly T[]): Numbered<T>[] {
  const sorted = [...items].sort((a, b) => Date.parse(a.startTime) - Date.parse(b.startTime));
  return sorted.map((item, i) => [item, i + 1]);
}

function common(item: Trip | Stop, number: number) {
  return {
    id: item.id,
    number,
    startMs: Date.parse(item.startTime),
    endMs: item.endTime ? Date.parse(item.endTime) : null,
    durationS: item.durationS,
    idlingS: item.idlingS,
    hasGap: item.hasGap,
    startReason: item.startReason,
    endReason: item.endReason,
    startExplanation: item.startExplanation,
    endExplanation: item.endExplanation,
  };
}

function fromTrip([trip, number]: Numbered<Trip>): Part {
  const { distanceM, maxSpeedKmh, averageSpeedKmh, startLocation, endLocation } = trip;
  const rest = { distanceM, maxSpeedKmh, averageSpeedKmh, place: startLocation, endPlace: endLocation };
  return { kind: "trip", ...common(trip, number), ...rest };
}

function fromStop([stop, number]: Numbered<Stop>): Part {
  const none = { maxSpeedKmh: null, averageSpeedKmh: null, endPlace: null };
  const moved = { distanceM: stop.distanceM > 0 ? stop.distanceM : null };
  return { kind: "stop", ...common(stop, number), ...none, ...moved, place: stop.location };
}

export interface DaySummary {
  readonly trips: number;
  readonly distanceM: number;
  readonly drivingS: number;
  readonly idlingS: number;
  readonly maxSpeedKmh: number | null;
}

/** The same sums as the totals of the day have: trips, and moves and idling within stops. */
export function summarize(trips: readonly Trip[], stops: readonly Stop[]): DaySummary {
  const all = [...trips, ...stops];
  const sum = (of: (part: Trip | Stop) => number) => all.reduce((total, part) => total + of(part), 0);
  const speeds = trips.flatMap(({ maxSpeedKmh }) => (maxSpeedKmh == null ? [] : [maxSpeedKmh]));
  return {
    trips: trips.length,
    distanceM: sum((part) => part.distanceM),
    drivingS: sum((part) => part.drivingS),
    idlingS: sum((part) => part.idlingS),
    maxSpeedKmh: speeds.length > 0 ? Math.max(...speeds) : null,
  };
}
