import type { Device } from "@milepost/sdk";
import { Link } from "@tanstack/react-router";
import { usePermissions } from "#api/permissions.ts";
import { deviceName } from "#features/primary-devices/primary.ts";
import { Button } from "#ui/controls.tsx";

interface DeviceLineProps {
  readonly device: Device;
  /** Whether it counts, in words; null where there is nothing to tell apart. */
  readonly counts: string | null;
  /** Null for a device that counts, and for who may not change it. */
  readonly onLet: (() => void) | null;
}

export function DeviceLine({ device, counts, onLet }: DeviceLineProps) {
  const { may } = usePermissions();
  const { id } = device;
  const name = deviceName(device);
  return (
    <li className="vehicle-device small">
      <div>
        <p className="vehicle-device-links">
          <Link to="/devices/$deviceId" params={{ deviceId: id }}>
            Device {name}
          </Link>
          {may("read_commands") && (
            <Link
              to="/devices/$deviceId"
              params={{ deviceId: id }}
              hash="commands"
              aria-label={`Commands for device ${name}`}
            >
              Commands
            </Link>
          )}
        </p>
        {counts && <p className="muted">{counts}</p>}
      </div>
      {onLet && (
        <Button aria-label={`Let it count: device ${name}`} onPress={onLet}>
          Let it count…
        </Button>
      )}
    </li>
  );
}
