import type { Frame, FramePage } from "@milepost/sdk";

/** As many as the server keeps of a device. */
const KEPT = 500;

export interface FrameLog {
  /** The oldest first. */
  readonly frames: readonly Frame[];
  readonly keeping: boolean;
}

export const NO_FRAMES: FrameLog = { frames: [], keeping: false };

/**
 * The number to ask after: one before the last that is known, so that the answer begins with a frame
 * that is known. If it does not, the server has begun to count anew.
 */
export function askAfter({ frames }: FrameLog): number {
  return Math.max(0, (frames.at(-1)?.number ?? 0) - 1);
}

/** The log with what has come, or null if it has to be read anew from its beginning. */
export function grown(log: FrameLog, page: FramePage): FrameLog | null {
  const last = log.frames.at(-1);
  if (!last) return { frames: page.items, keeping: page.keeping };
  const [first, ...more] = page.items;
  if (!first || first.number !== last.number || first.time !== last.time) return null;
  if (more.length === 0 && log.keeping === page.keeping) return log;
  return { frames: more.length === 0 ? log.frames : [...log.frames, ...more].slice(-KEPT), keeping: page.keeping };
}
