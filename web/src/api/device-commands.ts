import { ApiProblem, type Command, type CommandView, type MilepostClient } from "@milepost/sdk";

export interface Sending {
  readonly deviceId: string;
  readonly command: Command;
  /** Seconds that it may wait to be sent. */
  readonly expiresInS: number;
  /** The token that confirms it, once it was asked for. */
  readonly confirm: string | null;
}

const ATTEMPTS = 3;
const PAUSE_MS = 800;

/**
 * Queues a command, once: when the connection fails it is asked for again under the same key, and the
 * server answers what it answered the first time.
 */
export async function sendCommand(client: MilepostClient, sending: Sending): Promise<CommandView> {
  const { deviceId, ...body } = sending;
  const headers = { "idempotency-key": newKey() };
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.post("/api/v1/devices/{deviceId}/commands", { path: { deviceId }, body, headers });
    } catch (error) {
      if (error instanceof ApiProblem || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
    }
  }
}

export function cancelCommand(client: MilepostClient, deviceId: string, commandId: string): Promise<CommandView> {
  const path = "/api/v1/devices/{deviceId}/commands/{commandId}/cancel";
  return client.post(path, { path: { deviceId, commandId } });
}

/** `crypto.randomUUID` exists on secure origins only; this does everywhere. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
