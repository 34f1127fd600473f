import type { Claim, Device } from "@milepost/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { renewClaim } from "#api/devices.ts";
import { usePermissions } from "#api/permissions.ts";
import { deviceQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { dateTime } from "#ui/format.ts";

/** What there is to know while the device has not shown to be this tenant's, or not any more. */
export function ClaimNote({ device }: { readonly device: Device }) {
  const { may } = usePermissions();
  const { state } = device.claim;
  if (state === "proven") return null;
  return (
    <div className="hint claim">
      <p>{WORDS[state](dateTime(device.claim.time))}</p>
      {state !== "waiting" && may("edit_devices") && <Renew device={device} />}
    </div>
  );
}

const WORDS: Readonly<Record<Exclude<Claim["state"], "proven">, (time: string) => string>> = {
  waiting: (time) =>
    `It has not called yet. It was registered on ${time}: its identity is yours once it calls within 30 days.`,
  expired: (time) => `It did not call within 30 days. Since ${time} it is refused as unknown: claim its identity anew.`,
  lost: (time) =>
    `On ${time} its identity showed to be another tenant's device. If it is yours, ask the operator to transfer it.`,
};

function Renew({ device }: { readonly device: Device }) {
  const { client } = useServices();
  const queries = useQueryClient();
  const renew = useMutation({
    mutationFn: () => renewClaim(client, device.id),
    onSuccess: () => queries.fetchQuery({ ...deviceQuery(client, device.id), staleTime: 0 }),
  });
  return (
    <>
      <Button onPress={() => renew.mutate()} isPending={renew.isPending}>
        Claim it anew
      </Button>
      {renew.error && (
        <p className="field-error" role="alert">
          Not claimed: {renew.error.message}
        </p>
      )}
    </>
  );
}
