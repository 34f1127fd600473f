/** The live protocol's messages, as they are on the wire. */

export type MotionState = "moving" | "idling" | "stopped" | "offline";

export interface LatLng {
  readonly lat: number;
  readonly lng: number;
}

/** A vehicle's last state; what is not known is left out. */
export interface VehicleState {
  readonly vehicleId: string;
  readonly fleetId?: string | null;
  readonly state: MotionState;
  readonly stateSince?: string | null;
  /** When the device measured this (ISO 8601, UTC). */
  readonly timestamp?: string | null;
  readonly receivedTime?: string | null;
  readonly location?: LatLng | null;
  readonly speedKmh?: number | null;
  readonly courseDeg?: number | null;
  readonly altitudeM?: number | null;
  readonly ignition?: boolean | null;
  readonly odometerM?: number | null;
  readonly fuelLevelPct?: number | null;
  readonly engineRpm?: number | null;
  readonly coolantTempC?: number | null;
  readonly batteryV?: number | null;
  readonly driverId?: string | null;
  readonly alarm?: string | null;
}

export interface LiveEvent {
  readonly type: "event";
  readonly channel: string;
  readonly event: string;
  readonly epoch?: string;
  readonly offset?: number;
  readonly data: unknown;
}

/** `data` of the event `command_execution`: a command has come to another state. */
export interface CommandExecution {
  readonly commandId: string;
  readonly deviceId: string;
  readonly vehicleId: string | null;
  /** The command's kind. */
  readonly type: string;
  /** Its state. */
  readonly status: string;
  /** The device's reply, or else the reason of the state. */
  readonly result: string | null;
  readonly initiatorUserId: string | null;
  readonly timestamp: string;
}

export interface Snapshot {
  readonly channel: string;
  readonly epoch?: string;
  readonly offset?: number;
  readonly vehicles?: readonly VehicleState[];
}

export interface SubscriptionAck {
  readonly channel: string;
  readonly status: string;
  readonly epoch?: string;
  readonly offset?: number;
  /** After a resume: true if every missed event follows; false if a fresh snapshot does. */
  readonly recovered?: boolean;
}

export interface ServerMessage {
  readonly type: string;
  readonly requestId?: string;
  readonly data?: unknown;
  readonly messages?: readonly ServerMessage[];
}

/** The server refused a request; `code` is the live protocol's own. */
export class LiveError extends Error {
  override readonly name = "LiveError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Reads a frame; anything but a JSON object with a `type` is null, for it can be from no Milepost. */
export function parseMessage(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isMessage(value) ? value : null;
}

function isMessage(value: unknown): value is ServerMessage {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
