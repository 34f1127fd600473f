import type { Session, SessionStore } from "@milepost/sdk";

const KEY = "milepost.session";
const DEVICE_KEY = "milepost.device";
const LOCK = "milepost.session.refresh";

/** The session of this browser: shared by its tabs, kept over reloads, observable. */
export class BrowserSessionStore implements SessionStore {
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();
  #session: Session | null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#session = parse(storage.getItem(KEY));
  }

  read(): Session | null {
    return this.#session;
  }

  write(session: Session | null): void {
    this.#session = session;
    if (session) this.#storage.setItem(KEY, JSON.stringify(session));
    else this.#storage.removeItem(KEY);
    for (const listener of this.#listeners) listener();
  }

  readDevice(): string | null {
    return this.#storage.getItem(DEVICE_KEY);
  }

  writeDevice(token: string): void {
    this.#storage.setItem(DEVICE_KEY, token);
  }

  /** Another tab has written: take over what it wrote. */
  reload(): void {
    this.#session = parse(this.#storage.getItem(KEY));
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The Web Locks API exists on secure origins only; elsewhere this tab alone is kept in order. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const fresh = () => {
      this.#session = parse(this.#storage.getItem(KEY));
      return work();
    };
    if (navigator.locks) return navigator.locks.request(LOCK, fresh) as Promise<T>;
    const run = this.#last.then(fresh, fresh);
    this.#last = run.catch(() => undefined);
    return run;
  }
}

function parse(text: string | null): Session | null {
  return text === null ? null : (JSON.parse(text) as Session);
}
