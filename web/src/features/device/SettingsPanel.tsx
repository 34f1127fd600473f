import type { Device, Protocol, Tagged } from "@milepost/sdk";
import { usePermissions } from "#api/permissions.ts";
import { DeleteDevice } from "./DeleteDevice.tsx";
import { SettingsForm } from "./SettingsForm.tsx";
import { inWords } from "./settings.ts";

interface SettingsPanelProps {
  readonly tagged: Tagged<Device>;
  readonly protocols: readonly Protocol[];
}

export function SettingsPanel({ tagged, protocols }: SettingsPanelProps) {
  const { caller, may, role } = usePermissions();
  if (!caller) return null;
  return (
    <section className="box device-settings" aria-labelledby="settings-title">
      <h2 id="settings-title">Settings</h2>
      {may("edit_devices") ? (
        <>
          <SettingsForm tagged={tagged} protocols={protocols} />
          <DeleteDevice tagged={tagged} />
        </>
      ) : (
        <>
          <p className="muted small">Your role, {role}, may look at devices, not change them.</p>
          <SettingsList device={tagged.value} />
        </>
      )}
    </section>
  );
}

function SettingsList({ device }: { readonly device: Device }) {
  const facts = [
    ["Enabled", device.enabled ? "yes" : "no"],
    ["Lenient", device.lenient ? "yes" : "no"],
    ["Keeps raw frames", device.keepFrames ? "yes" : "no"],
    ["Allowed protocols", device.allowedProtocols.join(", ") || "any"],
    ["Asks for a secret", device.hasSecret ? "yes" : "no"],
    ...Object.entries(device.options).map(([name, value]) => [inWords(name), value]),
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
