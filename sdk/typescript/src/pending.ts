import { LiveError } from "./messages.ts";

interface Waiting {
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Requests that wait for the reply that carries their `requestId`. */
export class PendingRequests {
  #next = 1;
  readonly #waiting = new Map<string, Waiting>();

  /** A new request: its id to send, and the promise of its reply. Rejects after `timeoutMs`. */
  open(timeoutMs: number): { requestId: string; reply: Promise<unknown> } {
    const requestId = String(this.#next++);
    const reply = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.fail(requestId, new LiveError("TIMEOUT", `no reply within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(requestId, { resolve, reject, timer });
    });
    return { requestId, reply };
  }

  resolve(requestId: string, data: unknown): void {
    this.#take(requestId)?.resolve(data);
  }

  fail(requestId: string, error: Error): void {
    this.#take(requestId)?.reject(error);
  }

  /** The connection is gone: whoever waits is told, and nobody waits for ever. */
  failAll(error: Error): void {
    for (const requestId of [...this.#waiting.keys()]) this.fail(requestId, error);
  }

  #take(requestId: string): Waiting | undefined {
    const waiting = this.#waiting.get(requestId);
    if (waiting) clearTimeout(waiting.timer);
    this.#waiting.delete(requestId);
    return waiting;
  }
}
