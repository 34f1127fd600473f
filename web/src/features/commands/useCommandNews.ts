import type { CommandExecution, Device, LiveEvent } from "@milepost/sdk";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { usePermissions } from "#api/permissions.ts";
import { commandsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";

/** Reads a device's commands anew whenever the live connection says that one of them changed. */
export function useCommandNews({ id: deviceId, vehicleId }: Pick<Device, "id" | "vehicleId">): void {
  const { client, live } = useServices();
  const queries = useQueryClient();
  const userId = usePermissions().caller?.user?.id ?? null;
  useEffect(() => {
    const { queryKey } = commandsQuery(client, deviceId);
    const read = () => void queries.invalidateQueries({ queryKey });
    const onEvent = (event: LiveEvent) => {
      if (isNewsOf(event, deviceId)) read();
    };
    const channels = [vehicleId && `vehicle:${vehicleId}`, userId && `user:${userId}`].filter((name) => name !== null);
    const ends = channels.map((name) => live.subscribe(name, { onEvent, onSnapshot: read }));
    return () => {
      for (const end of ends) end();
    };
  }, [client, live, queries, deviceId, vehicleId, userId]);
}

export function isNewsOf({ event, data }: LiveEvent, deviceId: string): boolean {
  return event.endsWith("command_execution") && (data as CommandExecution).deviceId === deviceId;
}
