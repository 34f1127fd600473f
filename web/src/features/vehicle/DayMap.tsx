import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { configQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { MapView } from "#map/MapView.tsx";
import { type StopMark, TrackLayer } from "#map/TrackLayer.tsx";
import { ZoomButtons } from "#map/ZoomButtons.tsx";
import { useTheme } from "#ui/theme.ts";
import type { Part } from "./parts.ts";
import { between, type Moment, toLines } from "./track.ts";
import type { useDay } from "./useDay.ts";

interface DayMapProps {
  readonly data: ReturnType<typeof useDay>;
  readonly part: Part | null;
  readonly moment: Moment | null;
  readonly onPart: (id: string) => void;
  readonly subject: string;
}

export function DayMap({ data, part, moment, onPart, subject }: DayMapProps) {
  const { client } = useServices();
  const { theme } = useTheme();
  const { data: config } = useQuery(configQuery(client));
  const { points, lines, parts } = data;
  const stops = useMemo(() => parts.flatMap(toMark), [parts]);
  const highlight = useMemo(
    () => (part?.kind === "trip" ? toLines(between(points, part.startMs, part.endMs ?? Number.MAX_SAFE_INTEGER)) : []),
    [points, part],
  );
  if (!config) return null;
  return (
    <MapView
      label="Map of the day's track; the table beside it says the same"
      theme={theme}
      styleUrl={config.mapStyleUrl}
    >
      {!data.isPending && (
        <TrackLayer
          lines={lines}
          highlight={highlight}
          stops={stops}
          selectedId={part?.id ?? null}
          marker={moment}
          onSelectStop={onPart}
          subject={subject}
        />
      )}
      <div className="map-controls">
        <ZoomButtons />
      </div>
    </MapView>
  );
}

function toMark({ id, kind, number, place }: Part): StopMark[] {
  return kind === "stop" && place ? [{ id, label: String(number), ...place }] : [];
}
