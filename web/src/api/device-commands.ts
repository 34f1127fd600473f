import type { Command, CommandView, MilepostClient } from "@milepost/sdk";
import { once } from "./once.ts";

export interface Sending {
  readonly deviceId: string;
  readonly command: Command;
  /** Seconds that it may wait to be sent. */
  readonly expiresInS: number;
  /** The token that confirms it, once it was asked for. */
  readonly confirm: string | null;
}

/** Queues a command, once. */
export function sendCommand(client: MilepostClient, sending: Sending): Promise<CommandView> {
  const { deviceId, ...body } = sending;
  return once((headers) => client.post("/api/v1/devices/{deviceId}/commands", { path: { deviceId }, body, headers }));
}

export function cancelCommand(client: MilepostClient, deviceId: string, commandId: string): Promise<CommandView> {
  const path = "/api/v1/devices/{deviceId}/commands/{commandId}/cancel";
  return client.post(path, { path: { deviceId, commandId } });
}
