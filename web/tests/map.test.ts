import { expect, test } from "vitest";
import { largestGroup } from "#map/camera.ts";
import { unwrapRing } from "#map/geography.ts";
import { multiples, stepFor } from "#map/grid.ts";
import { Motion } from "#map/motion.ts";
import { Trails } from "#map/trails.ts";

const target = (lng: number, lat = 0) => ({ id: "a", lng, lat });

test("a marker glides to its next report and stays there", () => {
  const motion = new Motion(1000);
  motion.aim([target(0)], 0);
  motion.aim([target(0.01)], 5000);
  expect(motion.at("a", 5500)?.[0]).toBeCloseTo(0.005);
  expect(motion.isMoving(5500)).toBe(true);
  expect(motion.at("a", 9000)?.[0]).toBe(0.01);
  expect(motion.isMoving(9000)).toBe(false);
});

test("a new report on the way is gone to from where the marker is", () => {
  const motion = new Motion(1000);
  motion.aim([target(0)], 0);
  motion.aim([target(0.01)], 1000);
  motion.aim([target(0.02)], 1500);
  expect(motion.at("a", 1500)?.[0]).toBeCloseTo(0.005);
});

test("a far jump is not a drive", () => {
  const motion = new Motion(1000);
  motion.aim([target(0)], 0);
  motion.aim([target(5)], 1000);
  expect(motion.at("a", 1001)?.[0]).toBe(5);
});

test("a marker that is gone has no place", () => {
  const motion = new Motion(1000);
  motion.aim([target(0)], 0);
  motion.aim([], 1);
  expect(motion.at("a", 2)).toBeUndefined();
});

test("a trail grows as the vehicle moves and begins anew after a jump", () => {
  const trails = new Trails();
  trails.extend([target(0)]);
  expect(trails.extend([target(0)])).toBe(false);
  expect(trails.extend([target(0.01)])).toBe(true);
  expect(trails.lines()).toEqual([
    [
      [0, 0],
      [0.01, 0],
    ],
  ]);
  trails.extend([target(3)]);
  expect(trails.lines()).toEqual([]);
});

test("the grid is as fine as the view allows", () => {
  expect(stepFor(90)).toBe(10);
  expect(stepFor(0.4)).toBe(0.05);
  expect(multiples(-0.11, 0.1, 0.05).map((x) => x.toFixed(2))).toEqual(["-0.10", "-0.05", "0.00", "0.05", "0.10"]);
});

test("a fleet far apart is first seen where most of it is; one close together, whole", () => {
  const austin = [1, 2, 3].map((n) => ({ lng: -97.7 + n / 100, lat: 30.3 }));
  const ratingen = { lng: 6.8, lat: 51.3 };
  expect(largestGroup([ratingen, ...austin])).toEqual(austin);
  expect(largestGroup(austin)).toEqual(austin);
});

test("a ring over the antimeridian goes on beyond it", () => {
  const ring = [
    [170, 60],
    [-170, 60],
    [-170, 70],
    [170, 70],
    [170, 60],
  ];
  expect(unwrapRing(ring).map(([lng]) => lng)).toEqual([170, 190, 190, 170, 170]);
});

test("a ring around the pole is closed along it", () => {
  const ring = [
    [-180, -80],
    [-60, -80],
    [60, -80],
    [180, -80],
    [-180, -80],
  ];
  const closed = unwrapRing(ring);
  expect(closed.filter(([, lat]) => lat === -90)).toHaveLength(2);
  expect(closed.at(-1)).toEqual(closed[0]);
});
