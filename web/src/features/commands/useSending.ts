import type { Command, Device } from "@milepost/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { sendCommand } from "#api/device-commands.ts";
import { commandsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";

export interface Asked {
  readonly command: Command;
  readonly expiresInS: number;
  /** The token that confirms it, once it was asked for. */
  readonly confirm?: string | null;
}

/** Sends a device's commands; the list of them follows. */
export function useSending(device: Pick<Device, "id">) {
  const { client } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ command, expiresInS, confirm = null }: Asked) =>
      sendCommand(client, { deviceId: device.id, command, expiresInS, confirm }),
    onSuccess: () => queries.invalidateQueries({ queryKey: commandsQuery(client, device.id).queryKey }),
  });
}
