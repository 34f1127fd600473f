import type { Device, Tagged } from "@milepost/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deleteDevice } from "#api/devices.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { Confirm } from "#ui/Dialog.tsx";

export function DeleteDevice({ tagged: { value: device, etag } }: { readonly tagged: Tagged<Device> }) {
  const { client } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteDevice(client, device.id, etag),
    onSuccess: async () => {
      await navigate({ to: "/devices", ignoreBlocker: true });
      queries.removeQueries({ queryKey: ["devices", device.id] });
      void queries.invalidateQueries({ queryKey: ["devices"] });
    },
  });
  return (
    <div className="delete-device">
      <p className="muted small">A deleted device may no longer send. What it has reported stays.</p>
      <Button onPress={() => setAsking(true)}>Delete the device…</Button>
      {isAsking && (
        <Confirm
          title={`Delete ${device.name ?? device.uniqueId}?`}
          yes="Delete"
          isPending={remove.isPending}
          error={remove.error}
          onYes={() => remove.mutate()}
          onNo={() => {
            remove.reset();
            setAsking(false);
          }}
        >
          <p>
            <span className="num">{device.uniqueId}</span> is refused from then on, and its commands go with it, those
            that wait and those of the past. What it has reported stays.
          </p>
        </Confirm>
      )}
    </div>
  );
}
