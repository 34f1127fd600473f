import type { Device, PrimaryDevice, Reprocessing } from "@milepost/sdk";
import { dateTime } from "#ui/format.ts";

const HOUR_MS = 3_600_000;

export function deviceName({ name, uniqueId }: Pick<Device, "name" | "uniqueId">): string {
  return name ?? uniqueId;
}

const REASONS: Readonly<Record<PrimaryDevice["reason"], string>> = {
  first_installed: "first in the vehicle",
  chosen: "chosen",
};

/** Whether a device of a vehicle with several counts; `primary` is the one that does. */
export function countsWords(device: Pick<Device, "id">, primary: PrimaryDevice): string {
  if (device.id !== primary.deviceId) return "Adds what it measures";
  return `Counts for trips and totals since ${dateTime(primary.fromTime)} – ${REASONS[primary.reason]}`;
}

export interface Silence {
  /** The device that counts. */
  readonly silent: Device;
  /** Of the others the one that was heard last. */
  readonly heard: Device;
}

/** The device that counts, if another one of the vehicle was heard over an hour after it. */
export function silenceOf(devices: readonly Device[], primary: PrimaryDevice): Silence | null {
  const silent = devices.find(({ id }) => id === primary.deviceId);
  const [heard] = devices.filter((device) => device !== silent).sort((a, b) => heardMs(b) - heardMs(a));
  if (!silent || !heard || heardMs(heard) - heardMs(silent) <= HOUR_MS) return null;
  return { silent, heard };
}

/** What has gone wrong: trips of a device that does not count are not shown. */
export function silenceWords({ silent, heard }: Silence, nowMs: number): string {
  const last = silent.lastSeenTime ? `was last heard ${dateTime(silent.lastSeenTime)}` : "was never heard";
  const other = deviceName(heard);
  const still = nowMs - heardMs(heard) < HOUR_MS ? "still reports" : `was heard until ${dateTime(heard.lastSeenTime)}`;
  return `The device that counts ${last}; ${other} ${still}. The trips of ${other} do not count.`;
}

/** Unix milliseconds; a device that was never heard comes before all others. */
function heardMs({ lastSeenTime }: Device): number {
  return lastSeenTime ? Date.parse(lastSeenTime) : 0;
}

/** What a datetime-local input names, in the browser's zone: an instant, or why it is none. */
export type Moment = { readonly since: string } | { readonly error: string };

export function readMoment(text: string, nowMs: number): Moment {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return { error: "A day and a time are needed." };
  return ms < nowMs ? { since: new Date(ms).toISOString() } : { error: "The time must be in the past." };
}

/** The minute of an instant as a datetime-local input takes it. */
export function momentText(iso: string): string {
  const time = new Date(iso);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** What the server says of a call as a sentence. */
export function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
}

/** The newest one that concerns the vehicle and was not finished when the list was read. */
export function underWay(list: readonly Reprocessing[], vehicleId: string): Reprocessing | null {
  const concerns = (asked: Reprocessing) => asked.vehicleId === vehicleId || asked.vehicleId === null;
  return list.find((asked) => asked.finishedTime === null && concerns(asked)) ?? null;
}

/** A device that came meanwhile is drawn anew too, and is not counted twice. */
export function progressWords({ since, devices, devicesDone, finishedTime }: Reprocessing): string {
  if (finishedTime) return `Trips and totals since ${dateTime(since)} have been drawn anew.`;
  const done = `${Math.min(devicesDone, devices)} of ${devices} ${devices === 1 ? "device" : "devices"}`;
  return `${done} drawn anew since ${dateTime(since)}. Until then trips and totals may be old or new.`;
}
