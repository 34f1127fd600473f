import { Link } from "@tanstack/react-router";
import { ToggleButton } from "react-aria-components";
import type { FleetVehicle } from "#api/fleet.ts";
import { IconButton, StateBadge } from "#ui/controls.tsx";
import { ago, compass, coordinates, duration, speed } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { Icon } from "#ui/Icon.tsx";

interface VehicleCardProps {
  readonly vehicle: FleetVehicle;
  readonly following: boolean;
  readonly onFollow: (following: boolean) => void;
  readonly onClose: () => void;
}

/** What is known of the selected vehicle now. */
export function VehicleCard({ vehicle, following, onFollow, onClose }: VehicleCardProps) {
  const { id, name, state, stateSince, courseDeg, fixTime, lat, lng } = vehicle;
  const now = useNow(5_000);
  return (
    <section className="card" aria-labelledby="card-name">
      <div className="card-head">
        <h2 id="card-name">{name}</h2>
        <IconButton variant="quiet" icon="close" label={`Close ${name}`} onPress={onClose} />
      </div>
      <p className="card-state">
        <StateBadge state={state} courseDeg={courseDeg} />
        {stateSince && <span className="muted small">for {duration((now - Date.parse(stateSince)) / 1000)}</span>}
      </p>
      <dl className="facts">
        <Fact name="Speed" value={speed(vehicle.speedKmh)} />
        <Fact name="Heading" value={compass(courseDeg)} />
        <Fact name="Driver" value={vehicle.driver ?? "–"} />
        <Fact name="Last report" value={ago(fixTime, now)} />
        <Fact name="Place" value={coordinates(lat, lng)} wide />
      </dl>
      <div className="card-actions">
        <Link className="button" data-variant="primary" to="/vehicles/$vehicleId" params={{ vehicleId: id }}>
          Trips and track
        </Link>
        <ToggleButton className="button" isSelected={following} onChange={onFollow} isDisabled={lat === null}>
          <Icon name="follow" /> Follow
        </ToggleButton>
      </div>
    </section>
  );
}

function Fact({
  name,
  value,
  wide = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly wide?: boolean;
}) {
  return (
    <div data-wide={wide || undefined}>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}
