import type { Vehicle } from "@milepost/sdk";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { usePrefersReducedMotion } from "#ui/hooks.ts";
import { Empty, Failure, Loading } from "#ui/Notice.tsx";
import { DayMap } from "./DayMap.tsx";
import { DaySummaryView } from "./DaySummaryView.tsx";
import { type Day, dayOf } from "./day.ts";
import { PartDetail } from "./PartDetail.tsx";
import { PartsTable } from "./PartsTable.tsx";
import { PlaybackBar } from "./PlaybackBar.tsx";
import { SpeedChart } from "./SpeedChart.tsx";
import { SpeedTable } from "./SpeedTable.tsx";
import { momentAt } from "./track.ts";
import { useDay } from "./useDay.ts";
import { usePlayback } from "./usePlayback.ts";

interface DayViewProps {
  readonly vehicle: Vehicle;
  readonly day: Day;
  readonly partId: string | null;
  readonly onPart: (id: string | null) => void;
  readonly head: ReactNode;
}

export function DayView({ vehicle, day, partId, onPart, head }: DayViewProps) {
  const dayData = useDay(vehicle.id, day);
  const { points, parts, summary } = dayData;
  const part = parts.find(({ id }) => id === partId) ?? null;
  const isCalm = usePrefersReducedMotion();
  const playback = usePlayback(points[0]?.timeMs ?? 0, points.at(-1)?.timeMs ?? 0, isCalm);
  const moment = useMemo(() => momentAt(points, playback.timeMs), [points, playback.timeMs]);
  useSeekToPart(part?.id ?? null, part?.startMs ?? 0, playback.seek);
  return (
    <div className="vehicle">
      <div className="vehicle-top">{head}</div>
      <section className="vehicle-panel" aria-label="Trips and stops">
        <DayState vehicle={vehicle} day={day} data={dayData}>
          <div className="vehicle-scroll">
            <DaySummaryView summary={summary} />
            <PartsTable parts={parts} selectedId={partId} onSelect={onPart} />
            <SpeedTable points={points} />
          </div>
          {part && <PartDetail part={part} onClose={() => onPart(null)} />}
        </DayState>
      </section>
      <section className="vehicle-main" aria-label="Track">
        <div className="vehicle-map">
          <DayMap data={dayData} part={part} moment={moment} onPart={onPart} subject={`${vehicle.id} ${day}`} />
        </div>
        {points.length > 1 && (
          <div className="vehicle-time">
            <PlaybackBar playback={playback} points={points} moment={moment} />
            <SpeedChart points={points} part={part} playback={playback} />
          </div>
        )}
      </section>
    </div>
  );
}

/** Picking a part moves playback to its beginning, once. */
function useSeekToPart(id: string | null, startMs: number, seek: (timeMs: number) => void): void {
  const sought = useRef<string | null>(null);
  useEffect(() => {
    if (id !== null && sought.current !== id) seek(startMs);
    sought.current = id;
  }, [id, startMs, seek]);
}

interface DayStateProps {
  readonly vehicle: Vehicle;
  readonly day: Day;
  readonly data: ReturnType<typeof useDay>;
  readonly children: ReactNode;
}

function DayState({ vehicle, day, data, children }: DayStateProps) {
  if (data.isPending) return <Loading what="the day" />;
  if (data.error) return <Failure what="The day" error={data.error} onRetry={data.refetch} />;
  if (data.points.length > 0 || data.parts.length > 0) return children;
  const last = vehicle.lastLocationUpdate ?? vehicle.lastPosition?.fixTime;
  const lastDay = last ? dayOf(new Date(last)) : null;
  return (
    <Empty title="No reports on this day">
      {lastDay && lastDay !== day ? <p>The vehicle last reported on {lastDay}.</p> : <p>Choose another day.</p>}
    </Empty>
  );
}
