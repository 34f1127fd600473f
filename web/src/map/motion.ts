/** Where a marker is drawn: a step behind the reports, moving from one to the next. */

export interface Target {
  readonly id: string;
  readonly lng: number;
  readonly lat: number;
}

interface Move {
  readonly from: Target;
  readonly to: Target;
  readonly startMs: number;
}

/** Further than this between two reports is not drawn as a drive, degrees. */
const JUMP_DEG = 0.05;

/** Markers on their way. Give it targets, then ask `at` for where each is. */
export class Motion {
  readonly #moves = new Map<string, Move>();
  readonly #durationMs: number;

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  /** Sets where each marker should go, from wherever it is drawn at `nowMs`. */
  aim(targets: readonly Target[], nowMs: number): void {
    const kept = new Set(targets.map(({ id }) => id));
    for (const id of this.#moves.keys()) if (!kept.has(id)) this.#moves.delete(id);
    for (const target of targets) this.#aimOne(target, nowMs);
  }

  /** The place of a marker at `nowMs`, `[lng, lat]`; undefined if it has none. */
  at(id: string, nowMs: number): [number, number] | undefined {
    const move = this.#moves.get(id);
    if (!move) return undefined;
    const share = Math.min(1, (nowMs - move.startMs) / this.#durationMs);
    return [mix(move.from.lng, move.to.lng, share), mix(move.from.lat, move.to.lat, share)];
  }

  isMoving(nowMs: number): boolean {
    for (const { from, to, startMs } of this.#moves.values()) {
      if (nowMs - startMs < this.#durationMs && (from.lng !== to.lng || from.lat !== to.lat)) return true;
    }
    return false;
  }

  #aimOne(target: Target, nowMs: number): void {
    const known = this.#moves.get(target.id);
    if (known && known.to.lng === target.lng && known.to.lat === target.lat) return;
    const place = this.at(target.id, nowMs);
    const from = place && isNear(place, target) ? { id: target.id, lng: place[0], lat: place[1] } : target;
    this.#moves.set(target.id, { from, to: target, startMs: nowMs });
  }
}

function isNear([lng, lat]: [number, number], to: Target): boolean {
  return Math.abs(lng - to.lng) < JUMP_DEG && Math.abs(lat - to.lat) < JUMP_DEG;
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
