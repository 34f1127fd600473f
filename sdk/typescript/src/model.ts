import type { components } from "./generated/api.ts";

type Schemas = components["schemas"];

export type Device = Schemas["DeviceView"];
export type Driver = Schemas["DriverView"];
export type Event = Schemas["EventView"];
export type Explanation = Schemas["ExplanationView"];
export type Fleet = Schemas["FleetView"];
export type Position = Schemas["PositionView"];
export type PublicConfig = Schemas["PublicConfig"];
export type Session = Schemas["SessionView"];
export type Stop = Schemas["StopView"];
export type Totals = Schemas["TotalsView"];
export type Trip = Schemas["TripView"];
export type UnknownDevice = Schemas["UnknownDevice"];
export type Vehicle = Schemas["VehicleView"];
