import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { deviceQuery, protocolsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { CommandsPanel } from "#features/commands/CommandsPanel.tsx";
import { FramesPanel } from "#features/frames/FramesPanel.tsx";
import { useTitle } from "#ui/hooks.ts";
import { Failure, Loading } from "#ui/Notice.tsx";
import { DeviceHead } from "./DeviceHead.tsx";
import { SettingsPanel } from "./SettingsPanel.tsx";
import "./device.css";

/** One tracker: how it is set, what it is told, and what it says byte by byte. */
export function DevicePage() {
  const { deviceId } = useParams({ from: "/shell/devices/$deviceId" });
  const { client } = useServices();
  const { data: tagged, isPending, error, refetch } = useQuery(deviceQuery(client, deviceId));
  const { data: protocols = [] } = useQuery(protocolsQuery(client));
  const device = tagged?.value;
  useTitle(device ? `Device ${device.name ?? device.uniqueId}` : "Device");
  if (isPending) return <Loading what="the device" />;
  if (!device) {
    return (
      <div className="vehicle-failed">
        <h1 className="visually-hidden">Device</h1>
        {error && <Failure what="The device" error={error} onRetry={refetch} />}
        <Link to="/devices">Back to the devices</Link>
      </div>
    );
  }
  return (
    <div className="devices device">
      <DeviceHead device={device} protocols={protocols} />
      <div className="device-columns">
        <CommandsPanel device={device} />
        <SettingsPanel key={device.id} tagged={tagged} protocols={protocols} />
      </div>
      <FramesPanel key={device.id} tagged={tagged} />
    </div>
  );
}
