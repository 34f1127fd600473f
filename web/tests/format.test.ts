import { expect, test } from "vitest";
import { ago, compass, coordinates, distance, duration, speed } from "#ui/format.ts";

test.each([
  [0, "0 s"],
  [59.4, "59 s"],
  [90, "2 min"],
  [3599, "1 h 00 min"],
  [7500, "2 h 05 min"],
  [200_000, "2 d 7 h"],
  [null, "–"],
])("duration of %s s", (s, text) => expect(duration(s)).toBe(text));

test.each([
  [0, "0 m"],
  [999.4, "999 m"],
  [3440, "3.4 km"],
  [128_400, "128 km"],
  [undefined, "–"],
])("distance of %s m", (m, text) => expect(distance(m)).toBe(text));

test.each([
  ["2026-01-01T00:01:00Z", "now"],
  ["2026-01-01T00:00:20Z", "40 s ago"],
  ["2025-12-31T23:56:00Z", "5 min ago"],
  ["2025-12-31T20:30:00Z", "3 h ago"],
  ["2025-12-28T20:30:00Z", "3 d ago"],
  [null, "never"],
])("%s is %s", (iso, text) => expect(ago(iso, Date.parse("2026-01-01T00:01:00Z"))).toBe(text));

test.each([
  [0, "north"],
  [359, "north"],
  [44, "north-east"],
  [-90, "west"],
  [null, "–"],
])("a course of %s is %s", (course, text) => expect(compass(course)).toBe(text));

test("coordinates say their hemisphere", () => {
  expect(coordinates(-33.5, 18.25)).toBe("33.50000° S, 18.25000° E");
  expect(coordinates(null, 1)).toBe("–");
});

test("a speed is whole", () => expect(speed(49.6)).toBe("50 km/h"));
