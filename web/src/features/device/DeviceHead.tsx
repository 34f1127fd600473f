import type { Device, Protocol } from "@milepost/sdk";
import { Link } from "@tanstack/react-router";
import { useFleet } from "#api/fleet.ts";
import { ago, dateTime } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { Icon } from "#ui/Icon.tsx";
import { ClaimNote } from "./ClaimNote.tsx";

interface DeviceHeadProps {
  readonly device: Device;
  readonly protocols: readonly Protocol[];
}

/** Which device this is, where it is and whether it talks. */
export function DeviceHead({ device, protocols }: DeviceHeadProps) {
  const now = useNow(5_000);
  const { uniqueId, name, protocol, lastSeenTime } = device;
  const title = protocols.find((known) => known.name === protocol)?.title;
  return (
    <header className="device-head">
      <div className="vehicle-title">
        <Link className="button" data-variant="quiet" data-icon to="/devices" aria-label="Back to the devices">
          <Icon name="previous" />
        </Link>
        <h1>{name ?? uniqueId}</h1>
        {!device.enabled && <span className="tag">disabled</span>}
      </div>
      <dl className="device-facts">
        <Fact name="Identity">
          <span className="num">{uniqueId}</span>
        </Fact>
        <Fact name="Protocol">
          {protocol}
          {title && <span className="muted"> – {title}</span>}
        </Fact>
        <Fact name="Vehicle">
          <VehicleLink vehicleId={device.vehicleId} />
        </Fact>
        <Fact name="Last seen">
          <span title={lastSeenTime ? dateTime(lastSeenTime) : undefined}>{ago(lastSeenTime, now)}</span>
        </Fact>
      </dl>
      <ClaimNote device={device} />
      <OtherProtocol device={device} protocols={protocols} />
      <LastRefusal device={device} now={now} />
    </header>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function VehicleLink({ vehicleId }: { readonly vehicleId: string | null }) {
  const { vehicles } = useFleet();
  if (!vehicleId) return "none";
  const name = vehicles.find(({ id }) => id === vehicleId)?.name ?? "its vehicle";
  return (
    <Link to="/vehicles/$vehicleId" params={{ vehicleId }}>
      {name}
    </Link>
  );
}

const RULES: Readonly<Record<string, string>> = {
  protocol: "over a protocol that is not allowed",
  network: "from a network that is not allowed",
  secret: "without its secret",
};

/** `osmand from 192.0.2.7: secret`, in words. */
function LastRefusal({ device, now }: { readonly device: Device; readonly now: number }) {
  const { lastRefusal, lastRefusedTime } = device;
  if (!lastRefusal) return null;
  const [who, rule = ""] = lastRefusal.split(/: (?=\w+$)/);
  return (
    <p className="hint">
      Refused ({ago(lastRefusedTime, now)}): {who} spoke for it {RULES[rule] ?? rule}.
    </p>
  );
}

function OtherProtocol({ device, protocols }: DeviceHeadProps) {
  const { protocol, lastProtocol } = device;
  if (!lastProtocol || lastProtocol === protocol) return null;
  const title = protocols.find(({ name }) => name === lastProtocol)?.title;
  return (
    <p className="hint">
      It last spoke <strong>{lastProtocol}</strong>
      {title && ` (${title})`}, and is registered for <strong>{protocol}</strong>: it calls at another protocol's port.
      Mend its server settings, or choose {lastProtocol} below.
    </p>
  );
}
