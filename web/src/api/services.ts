import { type LiveEvent, MilepostClient, MilepostLive, type VehicleState } from "@milepost/sdk";
import { createContext, useContext } from "react";
import { FleetStore } from "./fleet-store.ts";
import { BrowserSessionStore } from "./session.ts";

/** What lives as long as the page does; built once in `main.tsx` and handed down. */
export interface Services {
  readonly client: MilepostClient;
  readonly live: MilepostLive;
  readonly sessions: BrowserSessionStore;
  readonly fleet: FleetStore;
}

export function createServices(storage: Storage, origin: string): Services {
  const sessions = new BrowserSessionStore(storage);
  const client = new MilepostClient({ baseUrl: "", sessions });
  const live = new MilepostLive({
    url: `${origin.replace(/^http/, "ws")}/ws`,
    token: (renew) => accessToken(client, renew),
  });
  return { client, live, sessions, fleet: new FleetStore() };
}

async function accessToken(client: MilepostClient, renew: boolean): Promise<string | null> {
  const token = client.session?.accessToken ?? null;
  return renew && token !== null ? client.renew(token) : token;
}

/** Feeds the fleet store from the channel of all vehicles; returns what ends it. */
export function followFleet({ live, fleet }: Services): () => void {
  live.connect();
  return live.subscribe("fleet:all", {
    onSnapshot: ({ vehicles = [] }) => fleet.apply(vehicles),
    onEvent: (event) => {
      if (isTelemetry(event)) fleet.apply([event.data as VehicleState]);
    },
  });
}

function isTelemetry({ event }: LiveEvent): boolean {
  return event === "fleet_telemetry_update" || event === "telemetry_update";
}

const ServicesContext = createContext<Services | null>(null);
export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("useServices outside ServicesProvider");
  return services;
}
