import { expect, test } from "vitest";
import { backoffMs, DEFAULT_BACKOFF } from "../src/index.ts";

test("there is no floor: jitter may choose any wait down to nothing", () => {
  expect(backoffMs(8, 0, DEFAULT_BACKOFF)).toBe(0);
});

test("the window doubles up to the cap", () => {
  const windows = [0, 1, 2, 10, 1000].map((attempt) => backoffMs(attempt, 1, { baseMs: 500, capMs: 30_000 }));
  expect(windows).toEqual([500, 1000, 2000, 30_000, 30_000]);
});
