import { distance, duration, speed } from "#ui/format.ts";
import type { DaySummary } from "./parts.ts";

export function DaySummaryView({ summary }: { readonly summary: DaySummary }) {
  const { trips, distanceM, drivingS, idlingS, maxSpeedKmh } = summary;
  const facts: [string, string][] = [
    [trips === 1 ? "trip" : "trips", String(trips)],
    ["distance", distance(distanceM)],
    ["driving", duration(drivingS)],
    ["idling", duration(idlingS)],
    ["top speed", speed(maxSpeedKmh)],
  ];
  return (
    <dl className="summary">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
