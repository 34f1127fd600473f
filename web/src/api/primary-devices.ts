import type { MilepostClient, PrimaryDevice, Reprocessing } from "@milepost/sdk";
import { once } from "./once.ts";

/** From now on the device counts for the vehicle's trips and totals. */
export async function choosePrimary(
  client: MilepostClient,
  vehicleId: string,
  primaryDeviceId: string,
): Promise<readonly PrimaryDevice[]> {
  const path = "/api/v1/vehicles/{vehicleId}/primary-devices";
  return (await client.put(path, { path: { vehicleId }, body: { primaryDeviceId } })).items;
}

export interface PrimarySince {
  readonly vehicleId: string;
  readonly primaryDeviceId: string;
  /** ISO 8601, UTC, in the past. */
  readonly since: string;
  /** The token that confirms it, once it was asked for. */
  readonly confirm: string | null;
}

/** Since a time in the past the device counts; history is drawn anew from there. */
export function choosePrimarySince(client: MilepostClient, body: PrimarySince): Promise<Reprocessing> {
  return once((headers) => client.post("/api/v1/reprocessings", { body, headers }));
}
