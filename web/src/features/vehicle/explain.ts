import type { Explanation } from "@milepost/sdk";
import { distance, duration } from "#ui/format.ts";
import type { Part } from "./parts.ts";

const BEGAN: Readonly<Record<string, string>> = {
  ignition_on: "The ignition came on and the vehicle set off.",
  ignition_off: "The ignition went off.",
  motion_began: "The vehicle began to move.",
  motion_ended: "The vehicle stayed in one place for long enough.",
  data_gap: "The device was silent for too long to know what happened.",
  first_fix: "It is the first place that the device reported.",
  position_jump: "The next place was further away than the vehicle can have driven.",
  towed: "The vehicle was moved without driving.",
  primary_changed: "Another device in the vehicle counts from here on.",
};

export interface Reason {
  readonly title: string;
  readonly sentence: string;
  readonly measured: readonly Quantity[];
  readonly thresholds: readonly Quantity[];
}

export interface Quantity {
  readonly name: string;
  readonly value: string;
}

/** Why a trip or stop began and, once it has, why it ended. */
export function reasonsOf(part: Part): Reason[] {
  const start = reason(`Why it began`, part.startReason, part.startExplanation);
  if (part.endMs === null) return [start];
  return [start, reason(`Why it ended`, part.endReason, part.endExplanation)];
}

function reason(title: string, code: string | null, explanation: Explanation | null): Reason {
  const named = explanation?.reason ?? code;
  return {
    title,
    sentence: named === null ? "The device's reports do not say." : (BEGAN[named] ?? words(named)),
    measured: quantities(explanation?.measured),
    thresholds: quantities(explanation?.thresholds),
  };
}

function quantities(values: Readonly<Record<string, number | boolean>> | null | undefined): Quantity[] {
  return Object.entries(values ?? {}).map(([key, value]) => quantity(key, value));
}

/** `stop_min_duration_s: 300` is "Stop min duration: 5 min": the unit is the last part of the name. */
export function quantity(key: string, value: number | boolean): Quantity {
  const snake = key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  const [, name = snake, unit = ""] = /^(.*)_(s|m|kmh|ms|deg|pct)$/.exec(snake) ?? [];
  return { name: words(name), value: typeof value === "boolean" ? (value ? "yes" : "no") : inUnit(value, unit) };
}

function inUnit(value: number, unit: string): string {
  if (unit === "s") return duration(value);
  if (unit === "m") return distance(value);
  const rounded = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return [rounded, { kmh: "km/h", deg: "°", pct: "%", ms: "ms" }[unit]].filter(Boolean).join(" ");
}

function words(snake: string): string {
  const text = snake.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
