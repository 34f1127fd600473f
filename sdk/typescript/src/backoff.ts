/** How long to wait before the next attempt to connect. */
export interface Backoff {
  /** The window of the first attempt, in milliseconds. */
  readonly baseMs: number;
  /** The widest window, in milliseconds. */
  readonly capMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { baseMs: 500, capMs: 30_000 };

/**
 * Full jitter: anywhere between nothing and the window of this attempt, so that viewers of a server
 * that restarted do not all come back in the same instant.
 *
 * Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempt how many attempts have failed before, from 0
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, random: number, { baseMs, capMs }: Backoff): number {
  return random * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
