import type { Protocol } from "@milepost/sdk";
import { Field } from "#ui/controls.tsx";
import { optionFields, type Settings } from "./settings.ts";

interface OptionFieldsProps {
  readonly protocol: Protocol | undefined;
  readonly options: Settings["options"];
  readonly onChange: (options: Settings["options"]) => void;
  readonly error: string | undefined;
}

/** What the protocol lets be set for a device, each with its meaning. */
export function OptionFields({ protocol, options, onChange, error }: OptionFieldsProps) {
  const fields = optionFields(protocol, options);
  if (fields.length === 0) return error ? <p className="field-error">{error}</p> : null;
  return (
    <fieldset className="option-fields">
      <legend>Options of {protocol?.name ?? "its protocol"}</legend>
      {fields.map(({ name, label, meaning, value }) => (
        <Field
          key={name}
          label={label}
          name={`option ${name}`}
          description={meaning}
          value={value}
          maxLength={200}
          onChange={(text) => onChange({ ...options, [name]: text })}
        />
      ))}
      {error && <p className="field-error">{error}</p>}
    </fieldset>
  );
}
