import type { Device } from "@milepost/sdk";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useFleet } from "#api/fleet.ts";
import { devicesQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { ago } from "#ui/format.ts";
import { useNow, useTitle } from "#ui/hooks.ts";
import { Empty, Failure, Loading } from "#ui/Notice.tsx";
import { AddDevice } from "./AddDevice.tsx";
import { UnknownDevices } from "./UnknownDevices.tsx";
import "./devices.css";

/** The trackers: which vehicle each is in, which are waiting to be let in, and adding one. */
export function DevicesPage() {
  useTitle("Devices");
  const { client } = useServices();
  const { data: devices, isPending, error, refetch } = useQuery(devicesQuery(client));
  return (
    <div className="devices">
      <h1>Devices</h1>
      <UnknownDevices />
      <AddDevice />
      <section className="box" aria-labelledby="devices-title">
        <h2 id="devices-title">Registered{devices ? ` (${devices.length})` : ""}</h2>
        {isPending && <Loading what="devices" />}
        {error && <Failure what="The devices" error={error} onRetry={refetch} />}
        {devices?.length === 0 && <Empty title="No devices yet">Add the first tracker above.</Empty>}
        {devices && devices.length > 0 && <DeviceTable devices={devices} />}
      </section>
    </div>
  );
}

function DeviceTable({ devices }: { readonly devices: readonly Device[] }) {
  const { vehicles } = useFleet();
  const now = useNow(10_000);
  const names = new Map(vehicles.map(({ id, name }) => [id, name]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-wrap" aria-label="Registered devices" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Identity</th>
            <th scope="col">Protocol</th>
            <th scope="col">Vehicle</th>
            <th scope="col">Settings</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {devices.map(({ id, uniqueId, name, protocol, vehicleId, lenient, enabled, lastSeenTime }) => (
            <tr key={id}>
              <th scope="row" className="num">
                <Link className="device-link" to="/devices/$deviceId" params={{ deviceId: id }}>
                  {uniqueId}
                </Link>
                {name && <span className="device-name">{name}</span>}
              </th>
              <td>{protocol}</td>
              <td>{(vehicleId && names.get(vehicleId)) ?? "–"}</td>
              <td>{[enabled ? null : "disabled", lenient ? "lenient" : null].filter(Boolean).join(", ") || "–"}</td>
              <td className="num">{ago(lastSeenTime, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
