import type { Device } from "@milepost/sdk";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { usePermissions } from "#api/permissions.ts";
import { vehicleDevicesQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { LetCountDialog } from "#features/primary-devices/LetCountDialog.tsx";
import { countsWords, deviceName, silenceOf } from "#features/primary-devices/primary.ts";
import { Redrawing } from "#features/primary-devices/Redrawing.tsx";
import { SilentPrimary } from "#features/primary-devices/SilentPrimary.tsx";
import { usePrimary } from "#features/primary-devices/usePrimary.ts";
import { useRedrawing } from "#features/primary-devices/useRedrawing.ts";
import { DeviceLine } from "./DeviceLine.tsx";
import "#features/primary-devices/primary-devices.css";

interface Letting {
  readonly device: Device;
  readonly offered: string | null;
}

/** The trackers of a vehicle: which of several counts, and the way to what they can be told. */
export function VehicleDevices({ vehicleId }: { readonly vehicleId: string }) {
  const { client } = useServices();
  const { may } = usePermissions();
  const { data: devices = [] } = useQuery(vehicleDevicesQuery(client, vehicleId));
  const { primary, error } = usePrimary(vehicleId, devices);
  const redrawing = useRedrawing(vehicleId, primary !== null);
  const [letting, setLetting] = useState<Letting | null>(null);
  const [done, setDone] = useState<Device | null>(null);
  const mayLet = primary !== null && may("edit_vehicles");
  const silence = primary && silenceOf(devices, primary);
  return (
    <>
      {devices.length > 0 && (
        <ul className="vehicle-devices" aria-label="Devices">
          {devices.map((device) => (
            <DeviceLine
              key={device.id}
              device={device}
              counts={primary && countsWords(device, primary)}
              onLet={mayLet && device.id !== primary.deviceId ? () => setLetting({ device, offered: null }) : null}
            />
          ))}
        </ul>
      )}
      {error && <p className="field-error">Which device counts is not known: {error.message}</p>}
      {silence && (
        <SilentPrimary
          silence={silence}
          onLet={mayLet ? () => setLetting({ device: silence.heard, offered: silence.silent.lastSeenTime }) : null}
        />
      )}
      <Done device={done} />
      <Redrawing redrawing={redrawing} />
      {letting && (
        <LetCountDialog
          vehicleId={vehicleId}
          {...letting}
          onClose={() => setLetting(null)}
          onDone={() => {
            setLetting(null);
            setDone(letting.device);
          }}
        />
      )}
    </>
  );
}

/** Takes the focus, for the button that had it is gone: a device that counts need not be let. */
function Done({ device }: { readonly device: Device | null }) {
  const text = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (device) text.current?.focus();
  }, [device]);
  return (
    device && (
      <p ref={text} className="device-done small" tabIndex={-1}>
        {deviceName(device)} counts now.
      </p>
    )
  );
}
