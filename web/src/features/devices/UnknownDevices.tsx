import type { Device, UnknownDevice } from "@milepost/sdk";
import { ApiProblem } from "@milepost/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { adoptDevice } from "#api/devices.ts";
import { unknownDevicesQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { ago } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { Failure } from "#ui/Notice.tsx";
import { Welcome } from "./AddDevice.tsx";

/** Trackers that called and that nobody knows; shown to who may let them in. */
export function UnknownDevices() {
  const { client } = useServices();
  const { data: waiting = [], error, refetch } = useQuery(unknownDevicesQuery(client));
  const [adopted, setAdopted] = useState<Device | null>(null);
  if (error instanceof ApiProblem && error.status === 403) return null;
  if (error) return <Failure what="The waiting devices" error={error} onRetry={refetch} />;
  if (waiting.length === 0 && !adopted) return null;
  return (
    <section className="box" aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting to be let in ({waiting.length})</h2>
      <p className="muted small">These trackers called, and none of them is registered. What they send is refused.</p>
      <ul className="waiting">
        {waiting.map((device) => (
          <Waiting key={`${device.protocol} ${device.uniqueId}`} device={device} onAdopted={setAdopted} />
        ))}
      </ul>
      <p className="small" role="status">
        {adopted && <Welcome device={adopted} />}
      </p>
    </section>
  );
}

interface WaitingProps {
  readonly device: UnknownDevice;
  readonly onAdopted: (device: Device) => void;
}

function Waiting({ device, onAdopted }: WaitingProps) {
  const { client } = useServices();
  const queries = useQueryClient();
  const now = useNow(10_000);
  const { uniqueId, protocol, source, lastSeenTime, attempts } = device;
  const adopt = useMutation({
    mutationFn: (vehicleName: string) => adoptDevice(client, uniqueId, vehicleName),
    onSuccess: (made) => {
      onAdopted(made);
      return Promise.all(["devices", "vehicles"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!adopt.isPending) adopt.mutate(String(new FormData(event.currentTarget).get("vehicleName")));
  };
  return (
    <li>
      <div>
        <strong className="num">{uniqueId}</strong>
        <p className="muted small">
          {protocol} from {source}; {attempts} attempts, the last {ago(lastSeenTime, now)}
        </p>
        {adopt.error && (
          <p className="field-error" role="alert">
            {adopt.error.message}
          </p>
        )}
      </div>
      <Form onSubmit={submit}>
        <Field label="Name of its vehicle" name="vehicleName" isRequired />
        <Button type="submit" aria-label={`Let in ${uniqueId}`}>
          Let in
        </Button>
      </Form>
    </li>
  );
}
