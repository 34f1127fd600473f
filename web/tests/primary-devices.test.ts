import type { Device, PrimaryDevice, Reprocessing } from "@milepost/sdk";
import { expect, test } from "vitest";
import {
  countsWords,
  momentText,
  progressWords,
  readMoment,
  sentence,
  silenceOf,
  silenceWords,
  underWay,
} from "#features/primary-devices/primary.ts";
import { dateTime } from "#ui/format.ts";

const NOW_MS = Date.parse("2026-11-03T14:00:00Z");
const PRIMARY: PrimaryDevice = { deviceId: "a", fromTime: "2026-11-03T08:00:00Z", reason: "first_installed" };

const device = (id: string, lastSeenTime: string | null): Device => ({
  id,
  uniqueId: `imei-${id}`,
  protocol: "gt06",
  vehicleId: "v",
  name: null,
  lenient: false,
  enabled: true,
  lastSeenTime,
  options: {},
  keepFrames: false,
  lastProtocol: null,
  allowedProtocols: [],
  allowedNetworks: [],
  hasSecret: false,
  trustDatagrams: false,
  claim: { state: "proven", time: "2026-01-01T00:00:00Z" },
  lastRefusedTime: null,
  lastRefusal: null,
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
});

const reprocessing = (more: Partial<Reprocessing> = {}): Reprocessing => ({
  id: "r",
  vehicleId: "v",
  since: "2026-11-03T08:00:00Z",
  requestedTime: "2026-11-03T14:00:00Z",
  requestedBy: "user:u",
  thresholds: {},
  primaryDeviceId: "b",
  positions: 110,
  devices: 2,
  devicesDone: 0,
  finishedTime: null,
  ...more,
});

test("of several devices each says whether it counts, since when and why", () => {
  const since = `Counts for trips and totals since ${dateTime(PRIMARY.fromTime)}`;
  expect(countsWords({ id: "a" }, PRIMARY)).toBe(`${since} – first in the vehicle`);
  expect(countsWords({ id: "a" }, { ...PRIMARY, reason: "chosen" })).toBe(`${since} – chosen`);
  expect(countsWords({ id: "b" }, PRIMARY)).toBe("Adds what it measures");
});

test.each([
  ["2026-11-03T12:59:59Z", "2026-11-03T14:00:00Z", true],
  ["2026-11-03T13:00:00Z", "2026-11-03T14:00:00Z", false],
  ["2026-11-03T14:00:00Z", "2026-11-03T08:00:00Z", false],
  [null, "2026-11-03T14:00:00Z", true],
  [null, null, false],
])("heard at %s while another one was heard at %s is silent: %s", (counting, other, isSilent) => {
  expect(silenceOf([device("a", counting), device("b", other)], PRIMARY) !== null).toBe(isSilent);
});

test("of the others the one that was heard last is named", () => {
  const devices = [device("a", null), device("b", "2026-11-01T00:00:00Z"), device("c", "2026-11-02T00:00:00Z")];
  expect(silenceOf(devices, PRIMARY)?.heard.id).toBe("c");
  expect(silenceOf(devices, { ...PRIMARY, deviceId: "gone" })).toBeNull();
});

test("a silence is told with what both devices last did", () => {
  const silent = device("a", "2026-11-03T08:00:00Z");
  const heard = device("b", "2026-11-03T13:59:00Z");
  expect(silenceWords({ silent, heard }, NOW_MS)).toBe(
    `The device that counts was last heard ${dateTime(silent.lastSeenTime)}; imei-b still reports. ` +
      "The trips of imei-b do not count.",
  );
  expect(silenceWords({ silent: device("a", null), heard }, NOW_MS + 7_200_000)).toContain(
    `was never heard; imei-b was heard until ${dateTime(heard.lastSeenTime)}.`,
  );
});

test("a time that is entered comes back as it was, to the minute", () => {
  const text = momentText("2026-11-03T08:15:42Z");
  expect(readMoment(text, NOW_MS)).toEqual({ since: "2026-11-03T08:15:00.000Z" });
});

test.each([
  ["", "A day and a time are needed."],
  ["soon", "A day and a time are needed."],
  [momentText("2026-11-03T14:00:00Z"), "The time must be in the past."],
])("“%s” is no time in the past", (text, error) => expect(readMoment(text, NOW_MS)).toEqual({ error }));

test("what the server asks is a sentence", () => {
  expect(sentence("folding 110 positions again")).toBe("Folding 110 positions again.");
});

test("of what is drawn anew only what concerns the vehicle and goes on is followed", () => {
  const finished = reprocessing({ id: "1", finishedTime: "2026-11-03T14:00:00Z" });
  const another = reprocessing({ id: "2", vehicleId: "w" });
  const all = reprocessing({ id: "3", vehicleId: null });
  expect(underWay([finished, another], "v")).toBeNull();
  expect(underWay([finished, another, all, reprocessing()], "v")?.id).toBe("3");
});

test("how far it has come is told in devices, also with one that came meanwhile", () => {
  const since = dateTime("2026-11-03T08:00:00Z");
  expect(progressWords(reprocessing({ devicesDone: 1 }))).toMatch(`1 of 2 devices drawn anew since ${since}.`);
  expect(progressWords(reprocessing({ devices: 1, devicesDone: 3 }))).toMatch(/^1 of 1 device drawn anew/);
  const finishedTime = "2026-11-03T14:00:00Z";
  expect(progressWords(reprocessing({ finishedTime }))).toBe(`Trips and totals since ${since} have been drawn anew.`);
});
