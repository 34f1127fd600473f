import type { Device, PrimaryDevice } from "@milepost/sdk";
import { useQuery } from "@tanstack/react-query";
import { usePermissions } from "#api/permissions.ts";
import { primaryDevicesQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";

export interface Primary {
  /** Null as long as it is not known, and for a vehicle that does not have several devices. */
  readonly primary: PrimaryDevice | null;
  readonly error: Error | null;
}

/** Which device of a vehicle with several counts. */
export function usePrimary(vehicleId: string, devices: readonly Device[]): Primary {
  const { client } = useServices();
  const { may } = usePermissions();
  const isAsked = devices.length > 1 && may("read_settings");
  const { data, error } = useQuery({ ...primaryDevicesQuery(client, vehicleId), enabled: isAsked });
  // For a moment one of the two lists may be older than the other.
  const primary = data?.[0] && devices.some(({ id }) => id === data[0]?.deviceId) ? data[0] : null;
  return { primary: isAsked ? primary : null, error: isAsked ? error : null };
}
