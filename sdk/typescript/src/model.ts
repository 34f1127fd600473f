import type { components } from "./generated/api.ts";

type Schemas = components["schemas"];

export type Caller = Schemas["CallerView"];
export type Command = Schemas["NewCommand"]["command"];
export type CommandHistory = Schemas["CommandHistory"];
export type CommandKind = CommandView["kind"];
export type CommandParameter = Schemas["ParameterView"];
export type CommandState = CommandView["state"];
export type CommandView = Schemas["CommandView"];
export type Device = Schemas["DeviceView"];
export type DevicePatch = Schemas["DevicePatch"];
export type Driver = Schemas["DriverView"];
export type Event = Schemas["EventView"];
export type Explanation = Schemas["ExplanationView"];
export type Frame = Schemas["FrameView"];
export type FramePage = Schemas["FramePage"];
export type Fleet = Schemas["FleetView"];
export type Position = Schemas["PositionView"];
export type Protocol = Schemas["ProtocolView"];
export type PublicConfig = Schemas["PublicConfig"];
export type Session = Schemas["SessionView"];
export type Stop = Schemas["StopView"];
export type SupportedCommand = Schemas["SupportedCommand"];
export type Totals = Schemas["TotalsView"];
export type Trip = Schemas["TripView"];
export type UnknownDevice = Schemas["UnknownDevice"];
export type Vehicle = Schemas["VehicleView"];
