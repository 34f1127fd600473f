import type { MotionState } from "@milepost/sdk";
import { useMemo } from "react";
import { Input, Label, SearchField, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { type FleetVehicle, STATES, type useFleet } from "#api/fleet.ts";
import { stateWord } from "#ui/controls.tsx";
import { Icon, StateIcon } from "#ui/Icon.tsx";
import { Empty, Failure, Loading } from "#ui/Notice.tsx";
import { FleetList } from "./FleetList.tsx";
import { countByState, type Filter } from "./filter.ts";
import { VehicleCard } from "./VehicleCard.tsx";

interface FleetPanelProps {
  readonly fleet: ReturnType<typeof useFleet>;
  readonly shown: readonly FleetVehicle[];
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  readonly selected: FleetVehicle | null;
  readonly onSelect: (id: string | null) => void;
  readonly following: boolean;
  readonly onFollow: (following: boolean) => void;
}

export function FleetPanel({ fleet, shown, filter, onFilter, selected, onSelect, ...follow }: FleetPanelProps) {
  return (
    <section className="panel" aria-label="Vehicles">
      <div className="panel-head">
        <Search text={filter.text} onText={(text) => onFilter({ ...filter, text })} />
        <StateFilter
          vehicles={fleet.vehicles}
          states={filter.states}
          onStates={(states) => onFilter({ ...filter, states })}
        />
      </div>
      {selected && <VehicleCard vehicle={selected} onClose={() => onSelect(null)} {...follow} />}
      <Body fleet={fleet} shown={shown} selectedId={selected?.id ?? null} onSelect={onSelect} />
    </section>
  );
}

type BodyProps = Pick<FleetPanelProps, "fleet" | "shown" | "onSelect"> & { readonly selectedId: string | null };

function Body({ fleet, shown, selectedId, onSelect }: BodyProps) {
  if (fleet.isPending) return <Loading what="vehicles" />;
  if (fleet.error) return <Failure what="The vehicles" error={fleet.error} onRetry={fleet.refetch} />;
  if (fleet.vehicles.length === 0) {
    return <Empty title="No vehicles yet">Add one with its tracker on the Devices page.</Empty>;
  }
  if (shown.length === 0) return <Empty title="No vehicle matches">Clear the search or choose other states.</Empty>;
  return <FleetList vehicles={shown} selectedId={selectedId} onSelect={onSelect} />;
}

function Search({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  return (
    <SearchField className="search" value={text} onChange={onText}>
      <Label className="visually-hidden">Search vehicles</Label>
      <Icon name="search" />
      <Input className="input" placeholder="Search name, plate, driver" />
    </SearchField>
  );
}

interface StateFilterProps {
  readonly vehicles: readonly FleetVehicle[];
  readonly states: ReadonlySet<MotionState>;
  readonly onStates: (states: ReadonlySet<MotionState>) => void;
}

function StateFilter({ vehicles, states, onStates }: StateFilterProps) {
  const counts = useMemo(() => countByState(vehicles), [vehicles]);
  return (
    <ToggleButtonGroup
      className="state-filter"
      aria-label="Show only"
      selectionMode="multiple"
      selectedKeys={states}
      onSelectionChange={(keys) => onStates(keys as Set<MotionState>)}
    >
      {STATES.map((state) => (
        <ToggleButton key={state} id={state} className="state-toggle">
          <StateIcon state={state} />
          <span className="num state-count">{counts[state]}</span>
          <span className="state-word">{stateWord(state)}</span>
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
