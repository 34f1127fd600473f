import type { Position } from "@milepost/sdk";
import { expect, test } from "vitest";
import { between, GAP_MS, momentAt, speedBins, type TrackPoint, toLines, toTrack } from "#features/vehicle/track.ts";

const at = (timeMs: number, lng = 0, lat = 0, speedKmh = 0, courseDeg = 0): TrackPoint => ({
  timeMs,
  lng,
  lat,
  speedKmh,
  courseDeg,
  beginsSegment: false,
});

const report = (fixTime: string, more: Partial<Position> = {}): Position => ({
  fixTime,
  deviceId: "d",
  valid: true,
  latitudeDeg: 1,
  longitudeDeg: 2,
  ...more,
});

test("a track is in order of time, and holds only reports with a valid place", () => {
  const track = toTrack([
    report("2026-01-01T00:00:10Z"),
    report("2026-01-01T00:00:00Z"),
    report("2026-01-01T00:00:05Z", { latitudeDeg: null }),
    report("2026-01-01T00:00:06Z", { valid: false }),
  ]);
  expect(track.map(({ timeMs }) => timeMs % 60_000)).toEqual([0, 10_000]);
});

test("between two reports the vehicle is on its way", () => {
  const track = [at(0, 0, 0, 20), at(10_000, 1, 2, 40)];
  expect(momentAt(track, 2500)).toMatchObject({ lng: 0.25, lat: 0.5, speedKmh: 25, isMoving: true, isGap: false });
});

test("the course turns the short way, over north", () => {
  expect(momentAt([at(0, 0, 0, 9, 350), at(10, 0, 0, 9, 20)], 5)?.courseDeg).toBeCloseTo(5);
});

test("before the first and after the last report the vehicle stands at it", () => {
  const track = [at(100, 1), at(200, 2)];
  expect(momentAt(track, 0)?.lng).toBe(1);
  expect(momentAt(track, 900)?.lng).toBe(2);
});

test("during a silence the vehicle is where it was last, and said to be unknown", () => {
  const track = [at(0, 1, 0, 50), at(GAP_MS + 1, 9, 0, 50)];
  expect(momentAt(track, GAP_MS / 2)).toMatchObject({ lng: 1, speedKmh: 0, isMoving: false, isGap: true });
});

test("no reports, no moment", () => {
  expect(momentAt([], 5)).toBeNull();
});

test("a silence breaks the line, and a lone point is no line", () => {
  const track = [at(0, 1), at(1000, 2), at(GAP_MS + 2000, 3), at(3 * GAP_MS, 4), at(3 * GAP_MS + 1, 5)];
  expect(toLines(track)).toEqual([
    [
      [1, 0],
      [2, 0],
    ],
    [
      [4, 0],
      [5, 0],
    ],
  ]);
});

test("the line breaks where the server says that it does not lead on", () => {
  const reports = [0, 1, 2, 3].map((second) =>
    report(`2026-01-01T00:00:0${second}Z`, { longitudeDeg: second, beginsSegment: second === 2 }),
  );
  expect(toLines(toTrack(reports)).map((line) => line.map(([lng]) => lng))).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test("a part of the track includes its ends", () => {
  expect(between([at(1), at(2), at(3), at(4)], 2, 3).map(({ timeMs }) => timeMs)).toEqual([2, 3]);
});

test("speeds are averaged in bins of the clock; a bin without reports is absent", () => {
  const bins = speedBins([at(0, 0, 0, 10), at(500, 0, 0, 30), at(2500, 0, 0, 50)], 1000);
  expect(bins).toEqual([
    { fromMs: 0, averageKmh: 20, maxKmh: 30 },
    { fromMs: 2000, averageKmh: 50, maxKmh: 50 },
  ]);
});
