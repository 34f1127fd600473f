import type { Position } from "@milepost/sdk";

/** Silence longer than this breaks the drawn line, ms. */
export const GAP_MS = 10 * 60_000;
/** Slower than this is standing, km/h. */
const STANDING_MAX_KMH = 3;

export interface TrackPoint {
  readonly timeMs: number;
  readonly lng: number;
  readonly lat: number;
  readonly speedKmh: number;
  readonly courseDeg: number;
  /** The line does not lead here from the point before. */
  readonly beginsSegment: boolean;
}

/** Where and how the vehicle was at one instant. */
export interface Moment extends Omit<TrackPoint, "beginsSegment"> {
  readonly isMoving: boolean;
  /** The device was silent around this instant: the place is the last one known. */
  readonly isGap: boolean;
}

/** The reports that say a place, in order of time. */
export function toTrack(positions: readonly Position[]): TrackPoint[] {
  const points = positions.flatMap(
    ({ fixTime, latitudeDeg, longitudeDeg, speedKmh, courseDeg, valid, beginsSegment }) =>
      latitudeDeg == null || longitudeDeg == null || valid === false
        ? []
        : [
            {
              timeMs: Date.parse(fixTime),
              lng: longitudeDeg,
              lat: latitudeDeg,
              speedKmh: speedKmh ?? 0,
              courseDeg: courseDeg ?? 0,
              beginsSegment: beginsSegment ?? false,
            },
          ],
  );
  return points.sort((a, b) => a.timeMs - b.timeMs);
}

/** The track as lines `[lng, lat]`, broken where the device was silent or its line breaks. */
export function toLines(track: readonly TrackPoint[]): [number, number][][] {
  const lines: [number, number][][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { timeMs, lng, lat, beginsSegment } of track) {
    if (timeMs - last > GAP_MS || beginsSegment) lines.push([]);
    lines.at(-1)?.push([lng, lat]);
    last = timeMs;
  }
  return lines.filter((line) => line.length > 1);
}

/** The part of a track within `[fromMs, toMs]`. */
export function between(track: readonly TrackPoint[], fromMs: number, toMs: number): TrackPoint[] {
  return track.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs);
}

/** The moment at `timeMs`, between the reports around it; the first or last beyond the ends. */
export function momentAt(track: readonly TrackPoint[], timeMs: number): Moment | null {
  const after = firstAfter(track, timeMs);
  const a = track[Math.max(0, after - 1)];
  const b = track[Math.min(track.length - 1, after)];
  if (!a || !b) return null;
  const isGap = b.timeMs - a.timeMs > GAP_MS;
  const share = isGap || a === b ? 0 : (timeMs - a.timeMs) / (b.timeMs - a.timeMs);
  if (!isGap) return { ...mix(a, b, share), timeMs, isGap };
  const { lng, lat, courseDeg } = a;
  return { timeMs, lng, lat, courseDeg, speedKmh: 0, isMoving: false, isGap };
}

function mix(a: TrackPoint, b: TrackPoint, share: number) {
  const speedKmh = a.speedKmh + (b.speedKmh - a.speedKmh) * share;
  return {
    lng: a.lng + (b.lng - a.lng) * share,
    lat: a.lat + (b.lat - a.lat) * share,
    speedKmh,
    courseDeg: turn(a.courseDeg, b.courseDeg, share),
    isMoving: speedKmh > STANDING_MAX_KMH,
  };
}

/** From one course to another the short way round. */
function turn(from: number, to: number, share: number): number {
  const by = ((to - from + 540) % 360) - 180;
  return (from + by * share + 360) % 360;
}

function firstAfter(track: readonly TrackPoint[], timeMs: number): number {
  let low = 0;
  let high = track.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((track[middle]?.timeMs ?? 0) > timeMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface SpeedBin {
  readonly fromMs: number;
  readonly averageKmh: number;
  readonly maxKmh: number;
}

/** Average and highest speed of every `binMs` in which the device reported. */
export function speedBins(track: readonly TrackPoint[], binMs: number): SpeedBin[] {
  const bins = Map.groupBy(track, ({ timeMs }) => Math.floor(timeMs / binMs) * binMs);
  return [...bins].map(([fromMs, points]) => {
    const speeds = points.map(({ speedKmh }) => speedKmh);
    const sum = speeds.reduce((total, speed) => total + speed, 0);
    return { fromMs, averageKmh: sum / speeds.length, maxKmh: Math.max(...speeds) };
  });
}
