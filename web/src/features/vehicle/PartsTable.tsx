import { Cell, Column, Row, Table, TableBody, TableHeader } from "react-aria-components";
import { clock, distance, duration, speed } from "#ui/format.ts";
import type { Part } from "./parts.ts";

interface PartsTableProps {
  readonly parts: readonly Part[];
  readonly selectedId: string | null;
  readonly onSelect: (id: string | null) => void;
}

/** The day as a table: what the map shows, in words and numbers. */
export function PartsTable({ parts, selectedId, onSelect }: PartsTableProps) {
  if (parts.length === 0) return <p className="parts-none muted">No trip and no stop was found on this day.</p>;
  return (
    <Table
      className="parts"
      aria-label="Trips and stops of the day"
      selectionMode="single"
      selectionBehavior="replace"
      selectedKeys={selectedId ? [selectedId] : []}
      onSelectionChange={(keys) => onSelect(keys === "all" ? null : ([...keys][0]?.toString() ?? null))}
    >
      <TableHeader>
        <Column isRowHeader>What</Column>
        <Column>When</Column>
        <Column className="end">For</Column>
        <Column className="end">Distance</Column>
        <Column className="end">Top</Column>
      </TableHeader>
      <TableBody items={parts}>{(part) => <PartRow part={part} />}</TableBody>
    </Table>
  );
}

function PartRow({ part }: { readonly part: Part }) {
  const { id, kind, number, startMs, endMs, durationS, distanceM, maxSpeedKmh, hasGap } = part;
  return (
    <Row id={id} className="part" data-kind={kind}>
      <Cell>
        <span className="part-mark" aria-hidden="true">
          {kind === "stop" ? number : ""}
        </span>
        {kind === "trip" ? "Trip" : "Stop"} {number}
      </Cell>
      <Cell className="num">
        {clock(startMs)}–{endMs === null ? "now" : clock(endMs)}
        {hasGap && <span className="part-gap"> with a gap</span>}
      </Cell>
      <Cell className="num end">{duration(durationS)}</Cell>
      <Cell className="num end">{distanceM === null ? "" : distance(distanceM)}</Cell>
      <Cell className="num end">{kind === "trip" ? speed(maxSpeedKmh) : ""}</Cell>
    </Row>
  );
}
