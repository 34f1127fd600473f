import type { Device, Protocol, Tagged } from "@milepost/sdk";
import { Form } from "react-aria-components";
import { useFleet } from "#api/fleet.ts";
import { Button, Field } from "#ui/controls.tsx";
import { Select, Toggle } from "#ui/fields.tsx";
import { AccessFields } from "./AccessFields.tsx";
import { LeaveGuard } from "./LeaveGuard.tsx";
import { OptionFields } from "./OptionFields.tsx";
import { fieldError, isStale, useSettings } from "./useSettings.ts";

interface SettingsFormProps {
  readonly tagged: Tagged<Device>;
  readonly protocols: readonly Protocol[];
}

export function SettingsForm({ tagged, protocols }: SettingsFormProps) {
  const { values, isChanged, change, discard, save } = useSettings(tagged, protocols);
  const protocol = protocols.find(({ name }) => name === values.protocol);
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isChanged && !save.isPending) save.mutate();
  };
  const error = (field: keyof typeof values) => fieldError(save.error, field);
  return (
    <Form className="settings" onSubmit={submit}>
      <Field
        label="Name"
        name="name"
        value={values.name}
        onChange={(name) => change({ name })}
        maxLength={200}
        error={error("name")}
      />
      <Field
        label="Identity"
        name="uniqueId"
        value={values.uniqueId}
        onChange={(uniqueId) => change({ uniqueId })}
        maxLength={128}
        isRequired
        description={protocol ? `Where it says who it is: ${protocol.identity}.` : undefined}
        error={error("uniqueId")}
      />
      <Select
        label="Protocol"
        name="protocol"
        value={values.protocol}
        onChange={(name) => change({ protocol: name })}
        options={protocolChoices(protocols, values.protocol)}
        error={error("protocol")}
      />
      <VehicleSelect value={values.vehicleId} onChange={(vehicleId) => change({ vehicleId })} />
      <OptionFields
        protocol={protocol}
        options={values.options}
        onChange={(options) => change({ options })}
        error={error("options")}
      />
      <AccessFields device={tagged.value} protocol={protocol} values={values} onChange={change} error={error} />
      <Toggle
        label="Enabled"
        isSelected={values.enabled}
        onChange={(enabled) => change({ enabled })}
        description="Off: what it sends is refused, and commands wait."
      />
      <Toggle
        label="Lenient"
        isSelected={values.lenient}
        onChange={(lenient) => change({ lenient })}
        description="Lets frames with a wrong checksum pass; their positions are marked as damaged."
      />
      <Toggle
        label="Keep raw frames"
        isSelected={values.keepFrames}
        onChange={(keepFrames) => change({ keepFrames })}
        description="What it sends is kept as it came, in memory, for diagnosis."
      />
      <Outcome error={save.error} isSaved={save.isSuccess && !isChanged} isChanged={isChanged} />
      <div className="settings-actions">
        <Button isDisabled={!isChanged || save.isPending} onPress={discard}>
          Discard
        </Button>
        <Button type="submit" variant="primary" isDisabled={!isChanged} isPending={save.isPending}>
          Save
        </Button>
      </div>
      <LeaveGuard isChanged={isChanged} />
    </Form>
  );
}

function Outcome(props: { readonly error: Error | null; readonly isSaved: boolean; readonly isChanged: boolean }) {
  const { error, isSaved, isChanged } = props;
  if (isStale(error)) {
    return (
      <p className="field-error" role="alert">
        Someone else changed this device meanwhile. Their values are shown now, with what you changed above them: look
        it over, and save again.
      </p>
    );
  }
  if (error) {
    return (
      <p className="field-error" role="alert">
        Not saved: {error.message}
      </p>
    );
  }
  return (
    <p className="muted small" aria-live="polite">
      {isSaved && "Saved. An open connection of the device ends, and comes back with the new settings."}
      {isChanged && "There are changes that are not saved."}
    </p>
  );
}

function VehicleSelect(props: { readonly value: string; readonly onChange: (id: string) => void }) {
  const { vehicles } = useFleet();
  const known = vehicles.map(({ id, name }): [string, string] => [id, name]);
  const missing: [string, string][] =
    props.value && !vehicles.some(({ id }) => id === props.value) ? [[props.value, "(its present vehicle)"]] : [];
  return <Select label="Vehicle" name="vehicleId" {...props} options={[["", "None"], ...missing, ...known]} />;
}

/** All protocols by title; one that the server does not speak is kept as it is. */
function protocolChoices(protocols: readonly Protocol[], present: string): [string, string][] {
  const choices = protocols.map(({ name, title }): [string, string] => [name, `${name} – ${title}`]);
  return protocols.some(({ name }) => name === present) ? choices : [[present, present], ...choices];
}
