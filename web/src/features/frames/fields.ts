import type { Frame } from "@milepost/sdk";

export type DecodedMessage = Frame["messages"][number];

export interface DecodedField {
  readonly name: string;
  readonly value: string;
}

/** The ends of names that say a unit, the longer ones first. */
const UNITS: readonly (readonly [string, string])[] = [
  ["Kmh", "km/h"],
  ["Deg", "°"],
  ["Pct", "%"],
  ["Kpa", "kPa"],
  ["Rpm", "rpm"],
  ["Dbm", "dBm"],
  ["Mv", "mV"],
  ["M", "m"],
  ["H", "h"],
  ["L", "l"],
  ["C", "°C"],
  ["V", "V"],
  ["S", "s"],
];
/** The name says what it is by its unit alone. */
const KEPT = new Set(["engineRpm"]);
const NESTED = new Set(["signals", "attributes"]);

/** What a message says, as `speed: 48 km/h`; its type is shown apart. */
export function fieldsOf(message: DecodedMessage): DecodedField[] {
  return Object.entries(message).flatMap(([name, value]) => {
    if (name === "type" || value === null || value === undefined) return [];
    if (NESTED.has(name)) return Object.entries(value as Record<string, unknown>).map(namedField);
    return [namedField([name, value])];
  });
}

/** A VSS path (`Vehicle.…`) and an element without a name (`io:385`) stay as they are. */
function namedField([wireName, value]: [string, unknown]): DecodedField {
  if (/[.:]/.test(wireName)) return { name: wireName, value: text(value) };
  const found = isMeasured(value) ? UNITS.find(([end]) => endsWithUnit(wireName, end)) : undefined;
  if (!found) return { name: inWords(wireName), value: text(value) };
  const [end, unit] = found;
  const name = KEPT.has(wireName) ? wireName : wireName.slice(0, -end.length);
  return { name: inWords(name), value: withUnit(text(value), unit) };
}

/** Attributes are texts, also where they are numbers. */
function isMeasured(value: unknown): boolean {
  return typeof value === "string" ? /^-?\d+(\.\d+)?$/.test(value) : true;
}

function endsWithUnit(name: string, end: string): boolean {
  return name.length > end.length && name.endsWith(end) && /[a-z0-9]/.test(name.charAt(name.length - end.length - 1));
}

function withUnit(value: string, unit: string): string {
  return unit === "°" || unit === "%" ? value + unit : `${value} ${unit}`;
}

function text(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (value === null) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function inWords(name: string): string {
  return name
    .replace(/([a-z])([A-Z0-9])/g, "$1 $2")
    .replace(/([0-9])([A-Z])/g, "$1 $2")
    .toLowerCase();
}
