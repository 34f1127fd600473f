import type { VehicleState } from "@milepost/sdk";
import { expect, test, vi } from "vitest";
import { FleetStore } from "#api/fleet-store.ts";

const state = (vehicleId: string, second: number, speedKmh = 0): VehicleState => ({
  vehicleId,
  state: "moving",
  timestamp: new Date(second * 1000).toISOString(),
  speedKmh,
});

function storeWithPublish() {
  const waiting: (() => void)[] = [];
  const store = new FleetStore((publish) => void waiting.push(publish));
  const publish = () => {
    for (const each of waiting.splice(0)) each();
  };
  return { store, publish };
}

test("updates between two drawings are published together", () => {
  const { store, publish } = storeWithPublish();
  const listener = vi.fn();
  store.subscribe(listener);
  store.apply([state("a", 1)]);
  store.apply([state("b", 1), state("a", 2, 30)]);
  expect(store.snapshot().size).toBe(0);
  publish();
  expect(listener).toHaveBeenCalledOnce();
  expect(store.snapshot().get("a")?.speedKmh).toBe(30);
});

test("an older report does not replace a newer", () => {
  const { store, publish } = storeWithPublish();
  store.apply([state("a", 5, 50)]);
  publish();
  store.apply([state("a", 4, 40)]);
  publish();
  expect(store.snapshot().get("a")?.speedKmh).toBe(50);
});

test("a change of state at the same report is taken", () => {
  const { store, publish } = storeWithPublish();
  store.apply([state("a", 5)]);
  publish();
  store.apply([{ ...state("a", 5), state: "offline" }]);
  publish();
  expect(store.snapshot().get("a")?.state).toBe("offline");
});

test("the snapshot is the same object until something changes", () => {
  const { store, publish } = storeWithPublish();
  store.apply([state("a", 1)]);
  publish();
  const before = store.snapshot();
  publish();
  expect(store.snapshot()).toBe(before);
});

test("clearing drops what was about to be published too", () => {
  const { store, publish } = storeWithPublish();
  store.apply([state("a", 1)]);
  store.clear();
  publish();
  expect(store.snapshot().size).toBe(0);
});
