import { ApiProblem } from "@milepost/sdk";

const ATTEMPTS = 3;
const PAUSE_MS = 800;

/**
 * Makes a creating call, once: when the connection fails it is made again under the same key, and the
 * server answers what it answered the first time.
 */
export async function once<T>(make: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  const headers = { "idempotency-key": newKey() };
  for (let attempt = 1; ; attempt++) {
    try {
      return await make(headers);
    } catch (error) {
      if (error instanceof ApiProblem || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
  }
}

/** `crypto.randomUUID` exists on secure origins only; this does everywhere. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
