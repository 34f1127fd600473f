import type { Device, Protocol } from "@milepost/sdk";
import { Field } from "#ui/controls.tsx";
import { Toggle } from "#ui/fields.tsx";
import type { Draft, Settings } from "./settings.ts";

interface AccessFieldsProps {
  readonly device: Device;
  readonly protocol: Protocol | undefined;
  readonly values: Settings;
  readonly onChange: (change: Draft) => void;
  readonly error: (field: keyof Settings) => string | undefined;
}

/** Who may speak for the device: over which protocols, from where, with which secret. */
export function AccessFields({ device, protocol, values, onChange, error }: AccessFieldsProps) {
  return (
    <fieldset className="option-fields">
      <legend>Who may speak for it</legend>
      <p className="muted small">
        Its identity is no secret: whoever knows it can report in its name, unless it is restricted here.
      </p>
      <Field
        label="Allowed protocols"
        name="allowedProtocols"
        value={values.allowedProtocols}
        onChange={(allowedProtocols) => onChange({ allowedProtocols })}
        maxLength={500}
        description={`Names with commas between them, such as ${values.protocol}. Empty: any.`}
        error={error("allowedProtocols")}
      />
      <Field
        label="Allowed networks"
        name="allowedNetworks"
        value={values.allowedNetworks}
        onChange={(allowedNetworks) => onChange({ allowedNetworks })}
        maxLength={2000}
        description="Addresses or networks with commas between them, such as 192.0.2.0/24. Empty: from anywhere."
        error={error("allowedNetworks")}
      />
      <SecretFields protocol={protocol} values={values} onChange={onChange} error={error} device={device} />
      <Toggle
        label="Trust datagrams"
        isSelected={values.trustDatagrams}
        onChange={(trustDatagrams) => onChange({ trustDatagrams })}
        description={
          "Lets an engine stop rest on UDP datagrams from the allowed networks. " +
          "Their sender can be forged: only for networks that nobody else reaches, such as a private APN."
        }
      />
      {error("trustDatagrams") && <p className="field-error">{error("trustDatagrams")}</p>}
    </fieldset>
  );
}

function SecretFields({ device, protocol, values, onChange, error }: AccessFieldsProps) {
  const canShow = Boolean(protocol?.secretPlace);
  if (!canShow && !device.hasSecret) {
    return <p className="muted small">Devices that speak {values.protocol} have no way to show a secret.</p>;
  }
  return (
    <>
      {device.hasSecret && (
        <Toggle
          label="Ask for the secret"
          isSelected={values.hasSecret}
          onChange={(hasSecret) => onChange({ hasSecret, ...(hasSecret ? {} : { secret: "" }) })}
          description="Off: the secret is forgotten, and nobody has to show one."
        />
      )}
      {canShow && values.hasSecret === device.hasSecret && (
        <Field
          label={device.hasSecret ? "New secret" : "Secret"}
          name="secret"
          type="password"
          autoComplete="new-password"
          value={values.secret}
          onChange={(secret) => onChange({ secret })}
          maxLength={128}
          description={
            `${device.hasSecret ? "One is set and is never shown; empty keeps it." : "Empty: none is asked for."} ` +
            `At least 8 characters. Where the device shows it: ${protocol?.secretPlace}.`
          }
          error={error("secret")}
        />
      )}
    </>
  );
}
