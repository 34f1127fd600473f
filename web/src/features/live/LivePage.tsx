import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useFleet } from "#api/fleet.ts";
import { configQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { FleetLayer } from "#map/FleetLayer.tsx";
import { MapView } from "#map/MapView.tsx";
import { usePrefersReducedMotion, useTitle } from "#ui/hooks.ts";
import { useTheme } from "#ui/theme.ts";
import { Announcer } from "./Announcer.tsx";
import { FleetControls } from "./FleetControls.tsx";
import { FleetPanel } from "./FleetPanel.tsx";
import { matches, NO_FILTER } from "./filter.ts";
import "./live.css";

/** The live map beside the list of vehicles; both show what the filter lets through. */
export function LivePage() {
  useTitle("Live map");
  const fleet = useFleet();
  const [filter, setFilter] = useState(NO_FILTER);
  const [following, setFollowing] = useState(false);
  const { selectedId, select } = useSelection();
  const shown = useMemo(() => fleet.vehicles.filter((vehicle) => matches(vehicle, filter)), [fleet.vehicles, filter]);
  const selected = fleet.vehicles.find(({ id }) => id === selectedId) ?? null;
  return (
    <div className="live">
      <h1 className="visually-hidden">Live map</h1>
      <FleetPanel
        fleet={fleet}
        shown={shown}
        filter={filter}
        onFilter={setFilter}
        selected={selected}
        onSelect={select}
        following={following && selected !== null}
        onFollow={setFollowing}
      />
      <section className="live-map" aria-label="Map">
        <FleetMap shown={shown} selectedId={selectedId} onSelect={select}>
          <FleetControls vehicles={shown} selected={selected} following={following} onFollow={setFollowing} />
        </FleetMap>
      </section>
      <Announcer vehicle={selected} />
    </div>
  );
}

interface FleetMapProps {
  readonly shown: ReturnType<typeof useFleet>["vehicles"];
  readonly selectedId: string | null;
  readonly onSelect: (id: string) => void;
  readonly children: React.ReactNode;
}

function FleetMap({ shown, selectedId, onSelect, children }: FleetMapProps) {
  const { client } = useServices();
  const { theme } = useTheme();
  const { data: config } = useQuery(configQuery(client));
  const calm = usePrefersReducedMotion();
  if (!config) return null;
  return (
    <MapView label="Map of the vehicles; the list beside it says the same" theme={theme} styleUrl={config.mapStyleUrl}>
      <FleetLayer vehicles={shown} selectedId={selectedId} onSelect={onSelect} animate={!calm} />
      {children}
    </MapView>
  );
}

/** Which vehicle is selected is in the address, so that it can be shared and gone back to. */
function useSelection() {
  const { vehicle } = useSearch({ from: "/shell/" });
  const navigate = useNavigate();
  const select = useCallback(
    (id: string | null) => void navigate({ to: "/", search: { vehicle: id ?? undefined }, replace: true }),
    [navigate],
  );
  return { selectedId: vehicle ?? null, select };
}
