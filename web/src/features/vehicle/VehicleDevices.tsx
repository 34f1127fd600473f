import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { usePermissions } from "#api/permissions.ts";
import { vehicleDevicesQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";

/** The trackers of a vehicle, and the way to what they can be told. */
export function VehicleDevices({ vehicleId }: { readonly vehicleId: string }) {
  const { client } = useServices();
  const { may } = usePermissions();
  const { data: devices = [] } = useQuery(vehicleDevicesQuery(client, vehicleId));
  return devices.map(({ id, name, uniqueId }) => (
    <p key={id} className="vehicle-device small">
      <Link to="/devices/$deviceId" params={{ deviceId: id }}>
        Device {name ?? uniqueId}
      </Link>
      {may("read_commands") && (
        <Link
          to="/devices/$deviceId"
          params={{ deviceId: id }}
          hash="commands"
          aria-label={`Commands for device ${name ?? uniqueId}`}
        >
          Commands
        </Link>
      )}
    </p>
  ));
}
