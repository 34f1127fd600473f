import type {
  Device,
  MilepostClient,
  Page,
  Position,
  PublicConfig,
  Stop,
  Trip,
  UnknownDevice,
  Vehicle,
} from "@milepost/sdk";
import { queryOptions } from "@tanstack/react-query";

const PAGE_LIMIT = 1000;
/** No day of a vehicle at one report a second has more. */
const TRACK_PAGES_MAX = 90;

export interface Period {
  /** ISO 8601, UTC; `to` is exclusive. */
  readonly from: string;
  readonly to: string;
}

export const configQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["config"],
    queryFn: ({ signal }) => client.get<PublicConfig>("/api/v1/config", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const vehiclesQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["vehicles"],
    queryFn: ({ signal }) => all<Vehicle>(client, "/api/v1/vehicles", {}, signal),
    staleTime: 60_000,
  });

export const vehicleQuery = (client: MilepostClient, id: string) =>
  queryOptions({
    queryKey: ["vehicles", id],
    queryFn: ({ signal }) => client.get<Vehicle>(`/api/v1/vehicles/${id}`, { signal }),
    staleTime: 60_000,
  });

export const trackQuery = (client: MilepostClient, id: string, period: Period) =>
  queryOptions({
    queryKey: ["vehicles", id, "track", period],
    queryFn: ({ signal }) => all<Position>(client, `/api/v1/vehicles/${id}/positions`, period, signal),
  });

export const tripsQuery = (client: MilepostClient, id: string, period: Period) =>
  queryOptions({
    queryKey: ["vehicles", id, "trips", period],
    queryFn: ({ signal }) => all<Trip>(client, `/api/v1/vehicles/${id}/trips`, period, signal),
  });

export const stopsQuery = (client: MilepostClient, id: string, period: Period) =>
  queryOptions({
    queryKey: ["vehicles", id, "stops", period],
    queryFn: ({ signal }) => all<Stop>(client, `/api/v1/vehicles/${id}/stops`, period, signal),
  });

export const devicesQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["devices"],
    queryFn: ({ signal }) => all<Device>(client, "/api/v1/devices", {}, signal),
  });

export const unknownDevicesQuery = (client: MilepostClient) =>
  queryOptions({
    queryKey: ["devices", "unknown"],
    queryFn: ({ signal }) => all<UnknownDevice>(client, "/api/v1/devices/unknown", {}, signal),
    refetchInterval: 10_000,
  });

/** Every page of a list. */
async function all<T>(
  client: MilepostClient,
  path: string,
  query: { [name: string]: string } | Period,
  signal: AbortSignal,
): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  for (let page = 0; page < TRACK_PAGES_MAX; page++) {
    const next: Page<T> = await client.get(path, { query: { ...query, limit: PAGE_LIMIT, after }, signal });
    items.push(...next.items);
    after = next.next;
    if (after === null) break;
  }
  return items;
}
