import { useMutation, useQueryClient } from "@tanstack/react-query";
import { choosePrimary, choosePrimarySince } from "#api/primary-devices.ts";
import { primaryDevicesQuery, reprocessingsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";

/** Lets a device count from now on. */
export function useLettingNow(vehicleId: string, deviceId: string) {
  const { client } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => choosePrimary(client, vehicleId, deviceId),
    onSuccess: (items) => queries.setQueryData(primaryDevicesQuery(client, vehicleId).queryKey, items),
  });
}

export interface Since {
  readonly since: string;
  /** The token that confirms it, once it was asked for. */
  readonly confirm?: string | null;
}

/** Lets a device count since a time in the past; what is drawn anew then is followed. */
export function useLettingSince(vehicleId: string, deviceId: string) {
  const { client } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ since, confirm = null }: Since) =>
      choosePrimarySince(client, { vehicleId, primaryDeviceId: deviceId, since, confirm }),
    onSuccess: (asked) => {
      queries.setQueryData(reprocessingsQuery(client).queryKey, (known = []) => [asked, ...known]);
      return queries.invalidateQueries({ queryKey: primaryDevicesQuery(client, vehicleId).queryKey });
    },
  });
}
