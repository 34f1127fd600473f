import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef } from "react";
import { Form } from "react-aria-components";
import { type NewDevice, registerDevice } from "#api/commands.ts";
import { useFleet } from "#api/fleet.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";

/** The protocols that have a listener. */
const PROTOCOLS = ["teltonika", "gt06", "h02", "osmand", "mqtt"];

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
        <Select label="Protocol" name="protocol" options={PROTOCOLS.map((name) => [name, name])} />
        <VehicleSelect />
        <Field label="Name of the new vehicle" name="vehicleName" />
        <Button type="submit" variant="primary">
          Add
        </Button>
      </Form>
      <p aria-live="polite" className={add.error ? "field-error" : "muted small"}>
        {add.error?.message ?? (add.data && `${add.data.uniqueId} may send from now on.`)}
      </p>
    </section>
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

interface SelectProps {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
}

function Select({ label, name, options }: SelectProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} name={name} className="input">
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
