import type { Target } from "./motion.ts";

const POINTS_MAX = 120;
/** Further than this between two reports is not drawn as a line, degrees. */
const BREAK_DEG = 0.05;

/** Where each vehicle came from while we watched: the streets appear as they are driven. */
export class Trails {
  readonly #points = new Map<string, [number, number][]>();

  /** Adds where the vehicles are now; whether any has moved. */
  extend(targets: readonly Target[]): boolean {
    let moved = false;
    for (const target of targets) moved = this.#extendOne(target) || moved;
    return moved;
  }

  /** Each trail as `[lng, lat]` points. */
  lines(): [number, number][][] {
    return [...this.#points.values()].filter((points) => points.length > 1);
  }

  #extendOne({ id, lng, lat }: Target): boolean {
    const points = this.#points.get(id) ?? [];
    const last = points.at(-1);
    if (last && last[0] === lng && last[1] === lat) return false;
    const broken = last && (Math.abs(last[0] - lng) > BREAK_DEG || Math.abs(last[1] - lat) > BREAK_DEG);
    const kept = broken ? [] : points.slice(-(POINTS_MAX - 1));
    this.#points.set(id, [...kept, [lng, lat]]);
    return true;
  }
}
