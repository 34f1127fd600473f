import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import {
  Cell,
  Column,
  Row,
  type SortDescriptor,
  Table,
  TableBody,
  TableHeader,
  TableLayout,
  Virtualizer,
} from "react-aria-components";
import { type FleetVehicle, useFleet } from "#api/fleet.ts";
import { StateBadge } from "#ui/controls.tsx";
import { ago, compass, coordinates, speed } from "#ui/format.ts";
import { useNow, useTitle } from "#ui/hooks.ts";
import { Empty, Failure, Loading } from "#ui/Notice.tsx";
import { COLUMNS, type ColumnId, sorted } from "./sort.ts";
import "./fleet.css";

const ROW_PX = 48;

/** Everything the map shows, as a table: the same vehicles, states and places. */
export function FleetTablePage() {
  useTitle("Vehicles");
  const fleet = useFleet();
  return (
    <div className="page">
      <h1>Vehicles</h1>
      <Body fleet={fleet} />
    </div>
  );
}

function Body({ fleet }: { readonly fleet: ReturnType<typeof useFleet> }) {
  if (fleet.isPending) return <Loading what="vehicles" />;
  if (fleet.error) return <Failure what="The vehicles" error={fleet.error} onRetry={fleet.refetch} />;
  if (fleet.vehicles.length === 0) {
    return <Empty title="No vehicles yet">Add one with its tracker on the Devices page.</Empty>;
  }
  return <FleetTable vehicles={fleet.vehicles} />;
}

function FleetTable({ vehicles }: { readonly vehicles: readonly FleetVehicle[] }) {
  const [sort, setSort] = useState<SortDescriptor>({ column: "name", direction: "ascending" });
  const rows = useMemo(() => sorted(vehicles, sort), [vehicles, sort]);
  const now = useNow(10_000);
  const navigate = useNavigate();
  const open = (id: string) => void navigate({ to: "/vehicles/$vehicleId", params: { vehicleId: id } });
  return (
    <Virtualizer layout={TableLayout} layoutOptions={{ rowHeight: ROW_PX, headingHeight: ROW_PX }}>
      <Table
        className="fleet-table"
        aria-label="Vehicles with their states and places"
        sortDescriptor={sort}
        onSortChange={setSort}
        onRowAction={(id) => open(String(id))}
      >
        <TableHeader columns={COLUMNS}>
          {({ id, name, width }) => (
            <Column id={id} isRowHeader={id === "name"} allowsSorting width={width} minWidth={90}>
              {({ sortDirection }) => (
                <>
                  {name}
                  <span aria-hidden="true">{arrow(sortDirection)}</span>
                </>
              )}
            </Column>
          )}
        </TableHeader>
        <TableBody items={rows} dependencies={[now]}>
          {(vehicle) => (
            <Row id={vehicle.id} columns={COLUMNS} dependencies={[now]} className="fleet-table-row">
              {({ id }) => <Cell className="num">{CELLS[id](vehicle, now)}</Cell>}
            </Row>
          )}
        </TableBody>
      </Table>
    </Virtualizer>
  );
}

function arrow(direction: "ascending" | "descending" | undefined): string {
  return direction ? { ascending: " ▲", descending: " ▼" }[direction] : "";
}

const CELLS: Readonly<Record<ColumnId, (vehicle: FleetVehicle, now: number) => React.ReactNode>> = {
  name: ({ name }) => <strong>{name}</strong>,
  state: ({ state, courseDeg }) => <StateBadge state={state} courseDeg={courseDeg} />,
  speedKmh: ({ state, speedKmh }) => (state === "moving" ? speed(speedKmh) : "–"),
  courseDeg: ({ courseDeg }) => compass(courseDeg),
  driver: ({ driver }) => driver ?? "–",
  fleetName: ({ fleetName }) => fleetName ?? "–",
  place: ({ lat, lng }) => coordinates(lat, lng),
  fixTime: ({ fixTime }, now) => ago(fixTime, now),
};
