import type { Device, DevicePatch, MilepostClient, Vehicle } from "@milepost/sdk";

export interface NewDevice {
  readonly uniqueId: string;
  readonly protocol: string;
  readonly vehicleId: string | null;
  /** A vehicle to be made for it, if it goes into none that is there. */
  readonly vehicleName: string | null;
}

/** Registers a tracker, and first the vehicle it goes into if that is new. */
export async function registerDevice(client: MilepostClient, device: NewDevice): Promise<Device> {
  const { uniqueId, protocol, vehicleName } = device;
  const vehicleId = device.vehicleId ?? (vehicleName ? (await createVehicle(client, vehicleName)).id : null);
  return client.post("/api/v1/devices", { body: { uniqueId, protocol, vehicleId } });
}

/** Lets a waiting tracker in, with a new vehicle of this name. */
export function adoptDevice(client: MilepostClient, uniqueId: string, vehicleName: string): Promise<Device> {
  const path = "/api/v1/devices/unknown/{uniqueId}/adopt";
  return client.post(path, { path: { uniqueId }, body: { vehicleName } });
}

/** Changes a device that is still as `etag` says; null changes it however it is now. */
export function changeDevice(
  client: MilepostClient,
  deviceId: string,
  etag: string | null,
  body: DevicePatch,
): Promise<Device> {
  return client.patch("/api/v1/devices/{deviceId}", { path: { deviceId }, body, headers: ifMatch(etag) });
}

/** Claims a device's identity again, for another 30 days. */
export function renewClaim(client: MilepostClient, deviceId: string): Promise<Device> {
  return client.post("/api/v1/devices/{deviceId}/claim", { path: { deviceId } });
}

export function deleteDevice(client: MilepostClient, deviceId: string, etag: string | null): Promise<undefined> {
  return client.delete("/api/v1/devices/{deviceId}", { path: { deviceId }, headers: ifMatch(etag) });
}

export function forgetFrames(client: MilepostClient, deviceId: string): Promise<undefined> {
  return client.delete("/api/v1/devices/{deviceId}/frames", { path: { deviceId } });
}

function ifMatch(etag: string | null): Record<string, string> {
  return etag === null ? {} : { "if-match": etag };
}

function createVehicle(client: MilepostClient, name: string): Promise<Vehicle> {
  return client.post("/api/v1/vehicles", { body: { name } });
}
