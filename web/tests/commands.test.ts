import type { Caller, SupportedCommand } from "@milepost/sdk";
import { expect, test } from "vitest";
import { fieldOf, readCommand } from "#features/commands/parameters.ts";
import { isNewsOf } from "#features/commands/useCommandNews.ts";
import { commandTitle, isOpen, lifetimeWords, stateSentence, whoWords } from "#features/commands/words.ts";

const supported = (kind: SupportedCommand["kind"], parameters: SupportedCommand["parameters"]): SupportedCommand => ({
  kind,
  description: "",
  parameters,
  permitted: true,
  needsConfirmation: false,
  repeatable: true,
  expiresInS: 600,
});
const OUTPUT = { name: "output", type: "integer", required: false, default: 1, minimum: 1, maximum: 8 };
const INTERVAL = { name: "intervalS", type: "integer", required: true, minimum: 1, maximum: 86_400 };
const ODOMETER = { name: "odometerM", type: "number", required: true, minimum: 0, maximum: 4_294_967_295 };
const TEXT = { name: "text", type: "string", required: true, minLength: 1, maxLength: 5 };

test("limits are told in the unit that is entered", () => {
  expect(fieldOf(INTERVAL)).toMatchObject({
    label: "Interval (s)",
    limits: "1 to 86,400 s (24 h 00 min).",
    initial: "",
  });
  expect(fieldOf(ODOMETER)).toMatchObject({ label: "Odometer (km)", limits: "0 to 4,294,967 km." });
  expect(fieldOf(OUTPUT)).toMatchObject({ label: "Output", limits: "1 to 8.", initial: "1", isWhole: true });
  expect(fieldOf(TEXT).limits).toBe("Up to 5 characters.");
});

test("what is entered becomes the command", () => {
  expect(readCommand(supported("output_on", [OUTPUT]), {})).toEqual({ command: { kind: "output_on", output: 1 } });
  expect(readCommand(supported("set_odometer", [ODOMETER]), { odometerM: "12,345" })).toEqual({
    command: { kind: "set_odometer", odometerM: 12_345 },
  });
  expect(readCommand(supported("custom_text", [TEXT]), { text: " a b" })).toEqual({
    command: { kind: "custom_text", text: " a b" },
  });
});

test.each([
  [OUTPUT, "9", "1 to 8."],
  [OUTPUT, "1.5", "A whole number is needed."],
  [ODOMETER, "far", "A number is needed."],
  [INTERVAL, "", "This is needed."],
  [TEXT, "abcdef", "Up to 5 characters."],
])("%o is not %s", (parameter, entered, error) => {
  const read = readCommand(supported("output_on", [parameter]), { [parameter.name]: entered });
  expect(read).toEqual({ errors: { [parameter.name]: error } });
});

test("commands are told with their values", () => {
  expect(commandTitle({ kind: "output_off", output: 2 })).toBe("Switch output 2 off");
  expect(commandTitle({ kind: "interval", intervalS: 90 })).toBe("Report every 2 min");
  expect(commandTitle({ kind: "engine_stop" })).toBe("Stop the engine");
});

test("how long a command may wait is told in whole units", () => {
  expect([60, 600, 3600, 86_400, 604_800].map(lifetimeWords)).toEqual([
    "1 minute",
    "10 minutes",
    "1 hour",
    "1 day",
    "7 days",
  ]);
});

test("a state is explained by the server's reason, or else by itself", () => {
  expect(stateSentence({ state: "failed", reason: "the device refused", attempts: 1 })).toBe("The device refused.");
  expect(stateSentence({ state: "sent", reason: null, attempts: 2 })).toMatch(/not answered yet\. Sent 2 times\.$/);
  expect([isOpen("delivered"), isOpen("expired")]).toEqual([true, false]);
});

test("who asked is told as the caller sees it", () => {
  const caller = { user: { id: "7", email: "", name: "" } } as Caller;
  expect(["user:7", "user:8", "api_key:1", "system:dispatcher"].map((who) => whoWords(who, caller))).toEqual([
    "you",
    "another user",
    "an API key",
    "Milepost",
  ]);
});

test("news are of one device, on whichever channel they come", () => {
  const event = (name: string, deviceId: string) => ({
    type: "event" as const,
    channel: "fleet:1",
    event: name,
    data: { deviceId },
  });
  expect(isNewsOf(event("fleet_command_execution", "d"), "d")).toBe(true);
  expect(isNewsOf(event("command_execution", "e"), "d")).toBe(false);
  expect(isNewsOf(event("telemetry_update", "d"), "d")).toBe(false);
});
