import type { Vehicle } from "@milepost/sdk";
import { Link } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { merge } from "#api/fleet.ts";
import { useServices } from "#api/services.ts";
import { StateBadge } from "#ui/controls.tsx";
import { saveFile } from "#ui/files.ts";
import { ago } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { Icon } from "#ui/Icon.tsx";
import { periodOf } from "./day.ts";
import { VehicleDevices } from "./VehicleDevices.tsx";

interface VehicleHeaderProps {
  readonly vehicle: Vehicle;
  readonly day: string;
}

/** Which vehicle this is and how it is now. */
export function VehicleHeader({ vehicle, day }: VehicleHeaderProps) {
  const { fleet } = useServices();
  const states = useSyncExternalStore(fleet.subscribe, fleet.snapshot);
  const now = useNow(5_000);
  const { name, driver, state, courseDeg, fixTime } = merge(vehicle, states.get(vehicle.id));
  const about = [vehicle.make, vehicle.model, vehicle.year, vehicle.registrationNumber].filter(Boolean).join(" · ");
  return (
    <header className="vehicle-head">
      <div className="vehicle-title">
        <Link
          className="button"
          data-variant="quiet"
          data-icon
          to="/"
          search={{ vehicle: vehicle.id }}
          aria-label="Back to the map"
        >
          <Icon name="previous" />
        </Link>
        <h1>{name}</h1>
        <ExportMenu vehicle={vehicle} day={day} />
      </div>
      <p className="vehicle-now">
        <StateBadge state={state} courseDeg={courseDeg} />
        <span className="muted small">
          {driver ? `${driver}, ` : ""}reported {ago(fixTime, now)}
        </span>
      </p>
      {about && <p className="muted small">{about}</p>}
      <VehicleDevices vehicleId={vehicle.id} />
    </header>
  );
}

const FORMATS = ["gpx", "geojson", "csv"] as const;
type Format = (typeof FORMATS)[number];

function ExportMenu({ vehicle, day }: VehicleHeaderProps) {
  const { client } = useServices();
  const save = async (format: Format) => {
    const path = `/api/v1/vehicles/{vehicleId}/track.${format}` as const;
    const options = { path: { vehicleId: vehicle.id }, query: { ...periodOf(day) } };
    saveFile(await client.download(path, options), `${vehicle.name} ${day}.${format}`);
  };
  return (
    <MenuTrigger>
      <AriaButton className="button" data-variant="quiet" data-icon aria-label="Download the day's track">
        <Icon name="download" />
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" aria-label="Format" onAction={(format) => void save(format as Format)}>
          {FORMATS.map((format) => (
            <MenuItem key={format} id={format} className="menu-item">
              {format === "geojson" ? "GeoJSON" : format.toUpperCase()}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
