import type { MilepostClient } from "@milepost/sdk";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

export interface Period {
  /** ISO 8601, UTC; `to` is exclusive. */
  readonly from: string;
  readonly to: string;
}

export const configQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["config"],
    queryFn: ({ signal }) => client.get("/api/v1/config", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const vehiclesQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["vehicles"],
    queryFn: ({ signal }) => client.list("/api/v1/vehicles", { signal }),
    staleTime: 60_000,
  });

export const vehicleQuery = (client: MilepostClient, vehicleId: string) =>
  queryOptions({
    queryKey: ["vehicles", vehicleId],
    queryFn: ({ signal }) => client.get("/api/v1/vehicles/{vehicleId}", { path: { vehicleId }, signal }),
    staleTime: 60_000,
  });

export const trackQuery = (client: MilepostClient, vehicleId: string, period: Period) =>
  queryOptions({
    queryKey: ["vehicles", vehicleId, "track", period],
    queryFn: ({ signal }) =>
      client.list("/api/v1/vehicles/{vehicleId}/positions", {
        path: { vehicleId },
        query: { ...period, believed: true },
        signal,
      }),
  });

export const tripsQuery = (client: MilepostClient, vehicleId: string, period: Period) =>
  queryOptions({
    queryKey: ["vehicles", vehicleId, "trips", period],
    queryFn: ({ signal }) =>
      client.list("/api/v1/vehicles/{vehicleId}/trips", { path: { vehicleId }, query: { ...period }, signal }),
  });

export const stopsQuery = (client: MilepostClient, vehicleId: string, period: Period) =>
  queryOptions({
    queryKey: ["vehicles", vehicleId, "stops", period],
    queryFn: ({ signal }) =>
      client.list("/api/v1/vehicles/{vehicleId}/stops", { path: { vehicleId }, query: { ...period }, signal }),
  });

export const devicesQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["devices"],
    queryFn: ({ signal }) => client.list("/api/v1/devices", { signal }),
  });

export const unknownDevicesQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["devices", "unknown"],
    queryFn: ({ signal }) => client.list("/api/v1/devices/unknown", { signal }),
    refetchInterval: 10_000,
  });

export const callerQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["caller"],
    queryFn: ({ signal }) => client.get("/api/v1/auth/me", { signal }),
    staleTime: 60_000,
  });

export const secondFactorQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["account", "second-factor"],
    queryFn: ({ signal }) => client.get("/api/v1/account/second-factor", { signal }),
  });

export const sessionsQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["account", "sessions"],
    queryFn: ({ signal }) => client.list("/api/v1/account/sessions", { signal }),
  });

export const protocolsQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["protocols"],
    queryFn: async ({ signal }) => (await client.get("/api/v1/protocols", { signal })).items,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** One device with its `ETag`; it says anew when it was last heard. */
export const deviceQuery = (client: MilepostClient, deviceId: string) =>
  queryOptions({
    queryKey: ["devices", deviceId],
    queryFn: ({ signal }) => client.getTagged("/api/v1/devices/{deviceId}", { path: { deviceId }, signal }),
    refetchInterval: 10_000,
  });

export const vehicleDevicesQuery = (client: MilepostClient, vehicleId: string) =>
  queryOptions({
    queryKey: ["devices", "of", vehicleId],
    queryFn: ({ signal }) => client.list("/api/v1/devices", { query: { vehicleId }, signal }),
    staleTime: 60_000,
    // They say anew when they were last heard.
    refetchInterval: 60_000,
  });

/** Which device of a vehicle counted since when, the newest first; empty if it never had two. */
export const primaryDevicesQuery = (client: MilepostClient, vehicleId: string) =>
  queryOptions({
    queryKey: ["vehicles", vehicleId, "primary-devices"],
    queryFn: async ({ signal }) =>
      (await client.get("/api/v1/vehicles/{vehicleId}/primary-devices", { path: { vehicleId }, signal })).items,
  });

const REPROCESSINGS_SEEN = 50;
const PROGRESS_REFETCH_MS = 2_000;

/** What of history is drawn anew, or was: the newest ones. */
export const reprocessingsQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["reprocessings"],
    queryFn: async ({ signal }) =>
      (await client.get("/api/v1/reprocessings", { query: { limit: REPROCESSINGS_SEEN }, signal })).items,
  });

/** One of them, until it is finished. */
export const reprocessingQuery = (client: MilepostClient, reprocessingId: string) =>
  queryOptions({
    queryKey: ["reprocessings", reprocessingId],
    queryFn: ({ signal }) => client.get("/api/v1/reprocessings/{reprocessingId}", { path: { reprocessingId }, signal }),
    refetchInterval: ({ state }) => (state.data?.finishedTime ? false : PROGRESS_REFETCH_MS),
  });

export const supportedCommandsQuery = (client: MilepostClient, deviceId: string) =>
  queryOptions({
    queryKey: ["devices", deviceId, "supported"],
    queryFn: ({ signal }) =>
      client.get("/api/v1/devices/{deviceId}/commands/supported", { path: { deviceId }, signal }),
  });

const COMMANDS_SHOWN = 10;

export const commandsQuery = (client: MilepostClient, deviceId: string) =>
  infiniteQueryOptions({
    queryKey: ["devices", deviceId, "commands"],
    queryFn: ({ signal, pageParam: after }) =>
      client.get("/api/v1/devices/{deviceId}/commands", {
        path: { deviceId },
        query: { limit: COMMANDS_SHOWN, after },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });

export const commandQuery = (client: MilepostClient, deviceId: string, commandId: string) =>
  queryOptions({
    queryKey: ["devices", deviceId, "commands", commandId],
    queryFn: ({ signal }) =>
      client.get("/api/v1/devices/{deviceId}/commands/{commandId}", { path: { deviceId, commandId }, signal }),
  });
