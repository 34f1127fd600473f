import type { Device, Protocol } from "@milepost/sdk";
import { ApiProblem } from "@milepost/sdk";
import { expect, test } from "vitest";
import { inWords, isEmpty, optionFields, patchOf, touchesSame } from "#features/device/settings.ts";
import { fieldError } from "#features/device/useSettings.ts";

const DEVICE: Device = {
  id: "1",
  uniqueId: "864717003283581",
  protocol: "gt06",
  vehicleId: "v1",
  name: null,
  lenient: false,
  enabled: true,
  lastSeenTime: null,
  options: { timeZone: "+08:00" },
  keepFrames: false,
  lastProtocol: null,
  allowedProtocols: ["gt06"],
  allowedNetworks: [],
  hasSecret: true,
  trustDatagrams: false,
  claim: { state: "proven", time: "2026-01-01T00:00:00Z" },
  lastRefusedTime: null,
  lastRefusal: null,
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
};

const protocol = (name: string, options: Record<string, string>): Protocol => ({
  name,
  title: name,
  transports: ["tcp"],
  identity: "IMEI",
  secretPlace: "",
  options,
});
const PROTOCOLS = [protocol("gt06", { timeZone: "of its times", password: "of commands" }), protocol("h02", {})];

test("only what differs is sent, and what is empty clears", () => {
  expect(isEmpty(patchOf(DEVICE, {}, PROTOCOLS))).toBe(true);
  expect(isEmpty(patchOf(DEVICE, { name: " ", enabled: true }, PROTOCOLS))).toBe(true);
  expect(patchOf(DEVICE, { name: " Van ", vehicleId: "" }, PROTOCOLS)).toEqual({ name: "Van", vehicleId: null });
});

test("an emptied option is unset, and another protocol's options are dropped", () => {
  expect(patchOf(DEVICE, { options: { timeZone: "" } }, PROTOCOLS)).toEqual({ options: {} });
  expect(patchOf(DEVICE, { options: { timeZone: "+08:00", password: "" } }, PROTOCOLS)).toEqual({});
  expect(patchOf(DEVICE, { protocol: "h02" }, PROTOCOLS)).toEqual({ protocol: "h02", options: {} });
});

test("lists are what stands between commas, and a secret is kept, set or forgotten", () => {
  expect(patchOf(DEVICE, { allowedProtocols: " gt06 ", allowedNetworks: "" }, PROTOCOLS)).toEqual({});
  expect(patchOf(DEVICE, { allowedProtocols: "gt06,h02", allowedNetworks: "192.0.2.0/24 ::1" }, PROTOCOLS)).toEqual({
    allowedProtocols: ["gt06", "h02"],
    allowedNetworks: ["192.0.2.0/24", "::1"],
  });
  expect(patchOf(DEVICE, { secret: "correct-horse" }, PROTOCOLS)).toEqual({ secret: "correct-horse" });
  expect(patchOf(DEVICE, { hasSecret: false }, PROTOCOLS)).toEqual({ secret: null });
  expect(touchesSame({ secret: null }, DEVICE, { ...DEVICE, hasSecret: false })).toBe(true);
});

test("options of a protocol that is not known here are kept", () => {
  expect(patchOf({ ...DEVICE, protocol: "other" }, { name: "Van" }, PROTOCOLS)).toEqual({ name: "Van" });
});

test("every option of the protocol has a field with its meaning", () => {
  const fields = optionFields(PROTOCOLS[0], DEVICE.options);
  expect(fields).toEqual([
    { name: "timeZone", label: "Time zone", meaning: "Of its times", value: "+08:00" },
    { name: "password", label: "Password", meaning: "Of commands", value: "" },
  ]);
  expect(inWords("recordSize2")).toBe("Record size2");
});

test("a change conflicts with what someone else did to the same field only", () => {
  const renamed = { ...DEVICE, name: "Bus" };
  expect(touchesSame({ name: "Van" }, DEVICE, renamed)).toBe(true);
  expect(touchesSame({ lenient: true }, DEVICE, renamed)).toBe(false);
  expect(touchesSame({ options: {} }, DEVICE, { ...DEVICE, options: { timeZone: "+08:00" } })).toBe(false);
});

test("a refusal stands with the field that it names", () => {
  const refused = new ApiProblem(422, "invalid_input", "", "no", [{ field: "options", detail: "unknown: colour" }]);
  expect(fieldError(refused, "options")).toBe("unknown: colour");
  expect(fieldError(refused, "name")).toBeUndefined();
  expect(fieldError(new ApiProblem(409, "conflict", "", "taken"), "uniqueId")).toBe("taken");
  expect(fieldError(null, "uniqueId")).toBeUndefined();
});
