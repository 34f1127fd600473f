import type { MilepostClient } from "@milepost/sdk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useServices } from "#api/services.ts";
import { askAfter, type FrameLog, grown, NO_FRAMES } from "./frame-log.ts";

const EVERY_MS = 1_000;

/** A device's frames; while it is followed, what is new is added every second. */
export function useFrames(deviceId: string, isFollowing: boolean) {
  const { client } = useServices();
  const queries = useQueryClient();
  const queryKey = ["devices", deviceId, "frames"];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => readOn(client, deviceId, queries.getQueryData<FrameLog>(queryKey) ?? NO_FRAMES, signal),
    refetchInterval: isFollowing ? EVERY_MS : false,
    gcTime: 0,
    structuralSharing: false,
  });
  return { ...query, log: query.data ?? NO_FRAMES, forget: () => queries.resetQueries({ queryKey }) };
}

async function readOn(client: MilepostClient, deviceId: string, log: FrameLog, signal: AbortSignal): Promise<FrameLog> {
  const page = (after: number) =>
    client.get("/api/v1/devices/{deviceId}/frames", { path: { deviceId }, query: { after }, signal });
  return grown(log, await page(askAfter(log))) ?? grown(NO_FRAMES, await page(0)) ?? NO_FRAMES;
}
