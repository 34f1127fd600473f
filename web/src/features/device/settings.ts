import type { Device, DevicePatch, Protocol } from "@milepost/sdk";

/** What can be set for a device, as a form holds it: nothing is null, an option that is not set is "". */
export interface Settings {
  readonly name: string;
  readonly uniqueId: string;
  readonly protocol: string;
  /** "" is no vehicle. */
  readonly vehicleId: string;
  readonly enabled: boolean;
  readonly lenient: boolean;
  readonly keepFrames: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** Names and networks, separated by commas or spaces. */
  readonly allowedProtocols: string;
  readonly allowedNetworks: string;
  /** A new one; "" keeps what there is. */
  readonly secret: string;
  readonly hasSecret: boolean;
  readonly trustDatagrams: boolean;
}

/** What was changed in the form and is not saved. */
export type Draft = Partial<Settings>;

export function settingsOf(device: Device): Settings {
  const { uniqueId, protocol, enabled, lenient, keepFrames, options, hasSecret, trustDatagrams } = device;
  return {
    name: device.name ?? "",
    vehicleId: device.vehicleId ?? "",
    allowedProtocols: device.allowedProtocols.join(", "),
    allowedNetworks: device.allowedNetworks.join(", "),
    secret: "",
    ...{ uniqueId, protocol, enabled, lenient, keepFrames, options, hasSecret, trustDatagrams },
  };
}

/** What differs from the device: the change to be asked for. Options of another protocol are dropped. */
export function patchOf(device: Device, draft: Draft, protocols: readonly Protocol[]): DevicePatch {
  const before = settingsOf(device);
  const after = { ...before, ...draft };
  const options = keptOptions(after, protocols);
  return {
    ...(after.name.trim() !== before.name && { name: after.name.trim() || null }),
    ...(after.uniqueId.trim() !== before.uniqueId && { uniqueId: after.uniqueId.trim() }),
    ...(after.protocol !== before.protocol && { protocol: after.protocol }),
    ...(after.vehicleId !== before.vehicleId && { vehicleId: after.vehicleId || null }),
    ...(after.enabled !== before.enabled && { enabled: after.enabled }),
    ...(after.lenient !== before.lenient && { lenient: after.lenient }),
    ...(after.keepFrames !== before.keepFrames && { keepFrames: after.keepFrames }),
    ...(!sameOptions(options, before.options) && { options }),
    ...accessPatch(before, after),
  };
}

function accessPatch(before: Settings, after: Settings): DevicePatch {
  const [allowedProtocols, allowedNetworks] = [listed(after.allowedProtocols), listed(after.allowedNetworks)];
  return {
    ...(!sameList(allowedProtocols, listed(before.allowedProtocols)) && { allowedProtocols }),
    ...(!sameList(allowedNetworks, listed(before.allowedNetworks)) && { allowedNetworks }),
    ...(after.trustDatagrams !== before.trustDatagrams && { trustDatagrams: after.trustDatagrams }),
    ...(before.hasSecret && !after.hasSecret && { secret: null }),
    ...(after.secret !== "" && { secret: after.secret }),
  };
}

/** What stands between commas and spaces. */
function listed(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.join(" ") === b.join(" ");
}

export function isEmpty(patch: DevicePatch): boolean {
  return Object.keys(patch).length === 0;
}

/** Whether a change touches a field that has become another since it began. */
export function touchesSame(patch: DevicePatch, base: Device, now: Device): boolean {
  const fields = Object.keys(patch).map((name) => (name === "secret" ? "hasSecret" : name)) as (keyof Device)[];
  return fields.some((field) => JSON.stringify(base[field]) !== JSON.stringify(now[field]));
}

function keptOptions({ protocol, options }: Settings, protocols: readonly Protocol[]): Record<string, string> {
  const allowed = protocols.find(({ name }) => name === protocol)?.options;
  const entries = Object.entries(options).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(entries.filter(([name, value]) => value !== "" && (!allowed || name in allowed)));
}

function sameOptions(a: Settings["options"], b: Settings["options"]): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}

export interface OptionField {
  readonly name: string;
  readonly label: string;
  readonly meaning: string;
  readonly value: string;
}

/** A field for each option of the protocol, and for what is set although the protocol has it no more. */
export function optionFields(protocol: Protocol | undefined, options: Settings["options"]): OptionField[] {
  const meanings: Readonly<Record<string, string>> = protocol?.options ?? {};
  const names = protocol ? Object.keys(meanings) : Object.keys(options);
  return names.map((name) => ({
    name,
    label: inWords(name),
    meaning: capitalized(meanings[name] ?? ""),
    value: options[name] ?? "",
  }));
}

/** `timeZone`: Time zone */
export function inWords(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return capitalized(words);
}

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
