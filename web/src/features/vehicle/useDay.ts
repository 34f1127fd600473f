import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { stopsQuery, trackQuery, tripsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { type Day, dayOf, periodOf } from "./day.ts";
import { summarize, toParts } from "./parts.ts";
import { toLines, toTrack } from "./track.ts";

const TODAY_REFETCH_MS = 30_000;

/** All that is known of a vehicle's day; today's is asked for again while it goes on. */
export function useDay(vehicleId: string, day: Day) {
  const { client } = useServices();
  const period = useMemo(() => periodOf(day), [day]);
  const again = { refetchInterval: day === dayOf(new Date()) ? TODAY_REFETCH_MS : (false as const) };
  const track = useQuery({ ...trackQuery(client, vehicleId, period), ...again });
  const trips = useQuery({ ...tripsQuery(client, vehicleId, period), ...again });
  const stops = useQuery({ ...stopsQuery(client, vehicleId, period), ...again });
  const points = useMemo(() => toTrack(track.data ?? []), [track.data]);
  const lines = useMemo(() => toLines(points), [points]);
  const parts = useMemo(() => toParts(trips.data ?? [], stops.data ?? []), [trips.data, stops.data]);
  const summary = useMemo(() => summarize(trips.data ?? [], stops.data ?? []), [trips.data, stops.data]);
  const all = [track, trips, stops];
  return {
    points,
    lines,
    parts,
    summary,
    isPending: all.some(({ isPending }) => isPending),
    error: all.find(({ error }) => error)?.error ?? null,
    refetch: () => all.forEach(({ refetch }) => void refetch()),
  };
}
