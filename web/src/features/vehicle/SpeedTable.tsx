import { useMemo } from "react";
import { clock, speed } from "#ui/format.ts";
import { speedBins, type TrackPoint } from "./track.ts";

const BIN_MS = 10 * 60_000;

/** The speed chart in numbers. */
export function SpeedTable({ points }: { readonly points: readonly TrackPoint[] }) {
  const bins = useMemo(() => speedBins(points, BIN_MS), [points]);
  if (bins.length === 0) return null;
  return (
    <details className="speed-table">
      <summary>Speed as a table</summary>
      <table className="table">
        <caption className="visually-hidden">Speed every ten minutes</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col" className="end">
              Average
            </th>
            <th scope="col" className="end">
              Top
            </th>
          </tr>
        </thead>
        <tbody>
          {bins.map(({ fromMs, averageKmh, maxKmh }) => (
            <tr key={fromMs}>
              <th scope="row" className="num">
                {clock(fromMs)}
              </th>
              <td className="num end">{speed(averageKmh)}</td>
              <td className="num end">{speed(maxKmh)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
