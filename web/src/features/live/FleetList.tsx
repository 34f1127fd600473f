import { ListBox, ListBoxItem, ListLayout, Virtualizer } from "react-aria-components";
import type { FleetVehicle } from "#api/fleet.ts";
import { stateWord } from "#ui/controls.tsx";
import { ago, speed } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { StateIcon } from "#ui/Icon.tsx";

interface FleetListProps {
  readonly vehicles: readonly FleetVehicle[];
  readonly selectedId: string | null;
  readonly onSelect: (id: string | null) => void;
}

const ROW_PX = 58;

/** One line a vehicle; only those in sight are in the page, so ten thousand are no trouble. */
export function FleetList({ vehicles, selectedId, onSelect }: FleetListProps) {
  const now = useNow(10_000);
  return (
    <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: ROW_PX }}>
      <ListBox
        className="fleet-list"
        aria-label="Vehicles"
        items={vehicles}
        dependencies={[now]}
        selectionMode="single"
        selectedKeys={selectedId ? [selectedId] : []}
        onSelectionChange={(keys) => onSelect(keys === "all" ? null : ([...keys][0]?.toString() ?? null))}
      >
        {(vehicle) => <Row vehicle={vehicle} now={now} />}
      </ListBox>
    </Virtualizer>
  );
}

function Row({ vehicle, now }: { readonly vehicle: FleetVehicle; readonly now: number }) {
  const { id, name, driver, fleetName, registrationNumber, state, speedKmh, courseDeg, fixTime } = vehicle;
  return (
    <ListBoxItem id={id} textValue={name} className="fleet-row">
      <StateIcon state={state} courseDeg={courseDeg} />
      <span className="fleet-row-name">{name}</span>
      <span className="fleet-row-value num">{state === "moving" ? speed(speedKmh) : stateWord(state)}</span>
      <span className="fleet-row-note">{driver ?? fleetName ?? registrationNumber ?? ""}</span>
      <span className="fleet-row-time num">{ago(fixTime, now)}</span>
    </ListBoxItem>
  );
}
