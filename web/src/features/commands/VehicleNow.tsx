import type { Device } from "@milepost/sdk";
import { useFleet } from "#api/fleet.ts";
import { StateBadge } from "#ui/controls.tsx";
import { ago, speed } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";

/** Which vehicle a device is in, and how it is this moment. */
export function VehicleNow({ device }: { readonly device: Device }) {
  const { vehicles } = useFleet();
  const now = useNow(5_000);
  const vehicle = vehicles.find(({ id }) => id === device.vehicleId);
  if (!vehicle) {
    return (
      <p className="hint">
        The device <strong className="num">{device.uniqueId}</strong> is in no vehicle that you can see: what it would
        stop, and how fast that is, is not known here.
      </p>
    );
  }
  const { name, registrationNumber, driver, state, courseDeg, speedKmh, fixTime } = vehicle;
  return (
    <div className="vehicle-now-box">
      <p className="vehicle-now-name">
        <strong>{name}</strong>
        {registrationNumber && <span className="muted"> {registrationNumber}</span>}
      </p>
      <p className="vehicle-now-state">
        <StateBadge state={state} courseDeg={courseDeg} />
        <strong className="num">{speed(speedKmh)}</strong>
        <span className="muted small">reported {ago(fixTime, now)}</span>
      </p>
      {driver && <p className="muted small">Driver: {driver}</p>}
    </div>
  );
}
