import type { Session } from "./model.ts";

/** Where a client keeps its session. */
export interface SessionStore {
  read(): Session | null;
  write(session: Session | null): void;
  /** The `deviceToken` of an earlier sign-in here. It outlives the session, and opens nothing. */
  readDevice(): string | null;
  writeDevice(token: string): void;
  /**
   * Runs `work` while no other user of the same store does: a refresh token works once, and using
   * it twice revokes the whole family.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** Keeps the session in memory: for scripts and tests. */
export class MemorySessionStore implements SessionStore {
  #session: Session | null = null;
  #device: string | null = null;
  #last: Promise<unknown> = Promise.resolve();

  read(): Session | null {
    return this.#session;
  }

  write(session: Session | null): void {
    this.#session = session;
  }

  readDevice(): string | null {
    return this.#device;
  }

  writeDevice(token: string): void {
    this.#device = token;
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work, work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}
