export { type Backoff, backoffMs, DEFAULT_BACKOFF } from "./backoff.ts";
export type { ChannelListener } from "./channels.ts";
export { type ClientOptions, MilepostClient, type Tagged } from "./client.ts";
export { type LiveOptions, type LiveStatus, MilepostLive, type Socket } from "./live.ts";
export {
  type CommandExecution,
  type LatLng,
  LiveError,
  type LiveEvent,
  type MotionState,
  type Snapshot,
  type VehicleState,
} from "./messages.ts";
export { ApiProblem, type Challenge, type Confirmation, type InvalidField } from "./problem.ts";
export { MemorySessionStore, type SessionStore } from "./tokens.ts";
export type * from "./model.ts";
export type * from "./typed.ts";
export type { components, paths } from "./generated/api.ts";
