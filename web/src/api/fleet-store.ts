import type { VehicleState } from "@milepost/sdk";

export type States = ReadonlyMap<string, VehicleState>;

/**
 * The newest state of each vehicle. Updates are gathered and published together, so that a hundred
 * vehicles reporting at once draw the page once.
 */
export class FleetStore {
  readonly #listeners = new Set<() => void>();
  readonly #schedule: (publish: () => void) => void;
  #states: States = new Map();
  #waiting: Map<string, VehicleState> | null = null;

  constructor(schedule: (publish: () => void) => void = (publish) => setTimeout(publish, 100)) {
    this.#schedule = schedule;
  }

  /** The same object until something changes. */
  readonly snapshot = (): States => this.#states;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes the states of a snapshot or an update; one that is older than what we have is left. */
  apply(states: readonly VehicleState[]): void {
    for (const state of states) {
      const known = this.#waiting?.get(state.vehicleId) ?? this.#states.get(state.vehicleId);
      if (known && isOlder(state, known)) continue;
      this.#gather().set(state.vehicleId, state);
    }
  }

  clear(): void {
    this.#waiting = null;
    this.#states = new Map();
    this.#tell();
  }

  #gather(): Map<string, VehicleState> {
    if (!this.#waiting) {
      this.#waiting = new Map();
      this.#schedule(() => this.#publish());
    }
    return this.#waiting;
  }

  #publish(): void {
    if (!this.#waiting) return;
    this.#states = new Map([...this.#states, ...this.#waiting]);
    this.#waiting = null;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isOlder(a: VehicleState, b: VehicleState): boolean {
  return Boolean(a.timestamp && b.timestamp) && Date.parse(a.timestamp ?? "") < Date.parse(b.timestamp ?? "");
}
