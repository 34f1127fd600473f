import type { LatLng, MotionState } from "./messages.ts";

/** A page of a list; `next` is the cursor to ask for more with, or null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface PublicConfig {
  readonly demo: { readonly email: string; readonly password: string } | null;
  readonly mapStyleUrl: string | null;
  readonly version: string;
}

export interface Position {
  readonly id?: string;
  readonly deviceId?: string;
  readonly vehicleId?: string | null;
  readonly driverId?: string | null;
  readonly fixTime: string;
  readonly receivedTime?: string;
  readonly latitudeDeg?: number | null;
  readonly longitudeDeg?: number | null;
  readonly altitudeM?: number | null;
  readonly speedKmh?: number | null;
  readonly courseDeg?: number | null;
  readonly valid?: boolean;
  readonly ignition?: boolean | null;
  readonly odometerM?: number | null;
  readonly fuelLevelPct?: number | null;
  readonly engineRpm?: number | null;
  readonly batteryV?: number | null;
  readonly alarm?: string | null;
}

export interface Vehicle {
  readonly id: string;
  readonly name: string;
  readonly fleetId?: string | null;
  readonly fleetName?: string | null;
  readonly vin?: string | null;
  readonly make?: string | null;
  readonly model?: string | null;
  readonly year?: number | null;
  readonly registrationNumber?: string | null;
  readonly status?: string;
  readonly fuelType?: string | null;
  readonly odometerM?: number | null;
  readonly driverFirstName?: string | null;
  readonly driverLastName?: string | null;
  readonly state: MotionState;
  readonly stateSince?: string | null;
  readonly lastLocation?: LatLng | null;
  readonly lastLocationUpdate?: string | null;
  readonly lastPosition?: Position | null;
}

export interface Explanation {
  readonly reason: string;
  readonly measured?: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, number | boolean>>;
}

export interface Trip {
  readonly id: string;
  readonly vehicleId: string;
  readonly startTime: string;
  readonly endTime: string | null;
  readonly startLocation: LatLng | null;
  readonly endLocation: LatLng | null;
  readonly distanceM: number;
  readonly durationS: number;
  readonly drivingS: number;
  readonly idlingS: number;
  readonly maxSpeedKmh: number | null;
  readonly averageSpeedKmh: number | null;
  readonly fuelUsedL?: number | null;
  readonly positionCount?: number;
  readonly hasGap: boolean;
  readonly startReason?: string | null;
  readonly endReason?: string | null;
  readonly startExplanation?: Explanation | null;
  readonly endExplanation?: Explanation | null;
}

export interface Stop {
  readonly id: string;
  readonly vehicleId: string;
  readonly startTime: string;
  readonly endTime: string | null;
  readonly location: LatLng | null;
  readonly durationS: number;
  readonly idlingS: number;
  readonly hasGap: boolean;
  readonly startReason?: string | null;
  readonly endReason?: string | null;
  readonly startExplanation?: Explanation | null;
  readonly endExplanation?: Explanation | null;
}

export interface Device {
  readonly id: string;
  readonly uniqueId: string;
  readonly protocol: string;
  readonly vehicleId?: string | null;
  readonly name?: string | null;
  readonly lenient: boolean;
  readonly enabled: boolean;
  readonly lastSeenTime?: string | null;
}

export interface UnknownDevice {
  readonly uniqueId: string;
  readonly protocol: string;
  readonly source: string;
  readonly firstSeenTime: string;
  readonly lastSeenTime: string;
  readonly attempts: number;
}
