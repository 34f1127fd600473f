import type { MilepostClient } from "@milepost/sdk";
import { queryOptions } from "@tanstack/react-query";

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
      client.list("/api/v1/vehicles/{vehicleId}/positions", { path: { vehicleId }, query: { ...period }, signal }),
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
