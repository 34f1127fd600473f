import type { Device } from "@milepost/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef } from "react";
import { Form } from "react-aria-components";
import { type NewDevice, registerDevice } from "#api/devices.ts";
import { useFleet } from "#api/fleet.ts";
import { protocolsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { Select } from "#ui/fields.tsx";

export function AddDevice() {
  const form = useRef<HTMLFormElement>(null);
  const { client } = useServices();
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: (device: NewDevice) => registerDevice(client, device),
    onSuccess: () => {
      form.current?.reset();
      return Promise.all(["devices", "vehicles"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!add.isPending) add.mutate(read(new FormData(event.currentTarget)));
  };
  return (
    <section className="box" aria-labelledby="add-title">
      <h2 id="add-title">Add a device</h2>
      <Form ref={form} className="add-device" onSubmit={submit}>
        <Field label="Identity (IMEI)" name="uniqueId" isRequired />
        <ProtocolSelect />
        <VehicleSelect />
        <Field label="Name of the new vehicle" name="vehicleName" />
        <Button type="submit" variant="primary">
          Add
        </Button>
      </Form>
      <p aria-live="polite" className={add.error ? "field-error" : "muted small"}>
        {add.error?.message ?? (add.data && <Welcome device={add.data} />)}
      </p>
    </section>
  );
}

/** Says that a device is in, and leads to its page. */
export function Welcome({ device: { id, uniqueId } }: { readonly device: Device }) {
  return (
    <>
      {uniqueId} may send from now on.{" "}
      <Link to="/devices/$deviceId" params={{ deviceId: id }}>
        Open its page
      </Link>
    </>
  );
}

function ProtocolSelect() {
  const { client } = useServices();
  const { data = [] } = useQuery(protocolsQuery(client));
  return (
    <Select label="Protocol" name="protocol" options={data.map(({ name, title }) => [name, `${name} – ${title}`])} />
  );
}

function read(data: FormData): NewDevice {
  const text = (name: string) => String(data.get(name) ?? "").trim();
  return {
    uniqueId: text("uniqueId"),
    protocol: text("protocol"),
    vehicleId: text("vehicleId") || null,
    vehicleName: text("vehicleName") || null,
  };
}

function VehicleSelect() {
  const { vehicles } = useFleet();
  const options = vehicles.map(({ id, name }): [string, string] => [id, name]);
  return <Select label="Vehicle" name="vehicleId" options={[["", "A new one, or none"], ...options]} />;
}
