import type { Frame, FramePage } from "@milepost/sdk";
import { expect, test } from "vitest";
import { captureLines, isShown } from "#features/frames/capture.ts";
import { fieldsOf } from "#features/frames/fields.ts";
import { askAfter, grown, NO_FRAMES } from "#features/frames/frame-log.ts";
import { hexDump } from "#features/frames/hex.ts";

const frame = (number: number, more: Partial<Frame> = {}): Frame => ({
  number,
  time: `2026-01-01T00:00:${String(number % 60).padStart(2, "0")}Z`,
  direction: "in",
  transport: "tcp",
  address: "198.51.100.7",
  hex: "7878",
  messages: [],
  error: null,
  ...more,
});
const page = (items: readonly Frame[]): FramePage => ({ items, keeping: true, last: items.at(-1)?.number ?? 0 });

test("bytes are grouped by eight, with as many lines of text", () => {
  expect(hexDump("78780d010864717003283581", 16)).toEqual({
    hex: "78 78 0d 01 08 64 71 70  03 28 35 81",
    text: "xx···dqp·(5·",
  });
  expect(hexDump("78780d010864717003283581", 8).hex).toBe("78 78 0d 01 08 64 71 70\n03 28 35 81");
  expect(hexDump("78780d010864717003283581", 8).text.split("\n")).toHaveLength(2);
  expect(hexDump("", 16)).toEqual({ hex: "", text: "" });
});

test("fields are told with their units", () => {
  const fields = fieldsOf({
    type: "position",
    fixTime: "2026-01-01T00:00:00.000Z",
    valid: true,
    latitudeDeg: 52.5,
    speedKmh: 48,
    engineRpm: 900,
    batteryV: 12.6,
    coolantTempC: 90,
    fuelLevelPct: 40,
    tirePressuresKpa: [220, null],
    alarm: null,
    signals: { "Vehicle.Speed": 48 },
    attributes: { tag1TempC: "21.5", "io:385": "00", iccid: "8988" },
  });
  expect(fields.map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "fix time: 2026-01-01T00:00:00.000Z",
    "valid: yes",
    "latitude: 52.5°",
    "speed: 48 km/h",
    "engine rpm: 900 rpm",
    "battery: 12.6 V",
    "coolant temp: 90 °C",
    "fuel level: 40%",
    "tire pressures: 220, – kPa",
    "Vehicle.Speed: 48",
    "tag 1 temp: 21.5 °C",
    "io:385: 00",
    "iccid: 8988",
  ]);
});

test("what is shown is filtered", () => {
  const failed = frame(1, { error: "checksum" });
  expect([isShown(failed, "errors"), isShown(frame(2), "errors"), isShown(failed, "in")]).toEqual([true, false, true]);
  expect(isShown(frame(3, { direction: "out" }), "in")).toBe(false);
});

test("lines for milepost decode hold what came in, as it came", () => {
  const frames = [frame(1), frame(2, { direction: "out" }), frame(3, { transport: "http", hex: "69643d31" })];
  expect(captureLines(frames, { timeZone: "+08:00" })).toBe(
    '{"transport":"tcp","payload":"7878","config":{"timeZone":"+08:00"}}\n' +
      '{"transport":"http","payload":"69643d31","payload_encoding":"hex","config":{"timeZone":"+08:00"}}\n',
  );
  expect(captureLines([frame(1)], {})).toBe('{"transport":"tcp","payload":"7878"}\n');
});

test("a log grows by what is new, up to what the server keeps", () => {
  const log = grown(NO_FRAMES, page([frame(1), frame(2)])) ?? NO_FRAMES;
  expect(askAfter(NO_FRAMES)).toBe(0);
  expect(askAfter(log)).toBe(1);
  expect(grown(log, page([frame(2)]))).toBe(log);
  expect(grown(log, page([frame(2), frame(3)]))?.frames.map(({ number }) => number)).toEqual([1, 2, 3]);
  const many = page([frame(2), ...Array.from({ length: 600 }, (_, index) => frame(index + 3))]);
  expect(grown(log, many)?.frames).toHaveLength(500);
});

test("a log that was begun anew on the server is read from its beginning", () => {
  const log = grown(NO_FRAMES, page([frame(1), frame(2)])) ?? NO_FRAMES;
  expect(grown(log, page([]))).toBeNull();
  expect(grown(log, page([frame(2, { time: "2026-01-02T00:00:00Z" })]))).toBeNull();
  expect(grown(log, page([frame(9)]))).toBeNull();
});
