import { IconButton } from "#ui/controls.tsx";
import { clock, coordinates, distance, duration, speed } from "#ui/format.ts";
import { type Quantity, type Reason, reasonsOf } from "./explain.ts";
import type { Part } from "./parts.ts";

/** A picked trip or stop: its figures, and why it began and ended. */
export function PartDetail({ part, onClose }: { readonly part: Part; readonly onClose: () => void }) {
  const title = `${part.kind === "trip" ? "Trip" : "Stop"} ${part.number}`;
  return (
    <section className="detail" aria-labelledby="detail-title">
      <div className="card-head">
        <h2 id="detail-title">
          {title}, {clock(part.startMs)}–{part.endMs === null ? "now" : clock(part.endMs)}
        </h2>
        <IconButton variant="quiet" icon="close" label={`Close ${title}`} onPress={onClose} />
      </div>
      <dl className="facts">
        <Fact name="Idling" value={duration(part.idlingS)} />
        {part.kind === "stop" && part.distanceM !== null && (
          <Fact name="Moved within it" value={distance(part.distanceM)} />
        )}
        {part.kind === "trip" && <Fact name="Average speed" value={speed(part.averageSpeedKmh)} />}
        <Fact name={part.kind === "trip" ? "From" : "Place"} value={place(part.place)} />
        {part.kind === "trip" && <Fact name="To" value={place(part.endPlace)} />}
      </dl>
      {part.hasGap && <p className="small">The device was silent for part of it; the track has a hole there.</p>}
      {reasonsOf(part).map((reason) => (
        <ReasonView key={reason.title} reason={reason} />
      ))}
    </section>
  );
}

function place(at: Part["place"]): string {
  return coordinates(at?.lat ?? null, at?.lng ?? null);
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">{value}</dd>
    </div>
  );
}

function ReasonView({ reason }: { readonly reason: Reason }) {
  return (
    <div className="reason">
      <h3>{reason.title}</h3>
      <p>{reason.sentence}</p>
      <Quantities title="Measured" quantities={reason.measured} />
      <Quantities title="Thresholds used" quantities={reason.thresholds} />
    </div>
  );
}

function Quantities({ title, quantities }: { readonly title: string; readonly quantities: readonly Quantity[] }) {
  if (quantities.length === 0) return null;
  return (
    <p className="small">
      <strong>{title}:</strong> {quantities.map(({ name, value }) => `${name.toLowerCase()} ${value}`).join("; ")}
    </p>
  );
}
