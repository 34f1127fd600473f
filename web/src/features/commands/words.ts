import type { Caller, Command, CommandKind, CommandState, CommandView } from "@milepost/sdk";
import { distance, duration } from "#ui/format.ts";

/** The harmless ones first. */
export const KIND_TITLES: Readonly<Record<CommandKind, string>> = {
  position_now: "Report the position now",
  interval: "Set the reporting interval",
  custom_text: "Text in the device's own words",
  set_odometer: "Set the odometer",
  reboot: "Restart the tracker",
  output_on: "Switch an output on",
  output_off: "Switch an output off",
  engine_resume: "Let the engine run",
  engine_stop: "Stop the engine",
};

/** A command with its values: `Switch output 2 on`. */
export function commandTitle(command: Command): string {
  switch (command.kind) {
    case "output_on":
      return `Switch output ${command.output ?? 1} on`;
    case "output_off":
      return `Switch output ${command.output ?? 1} off`;
    case "interval":
      return `Report every ${duration(command.intervalS)}`;
    case "set_odometer":
      return `Set the odometer to ${distance(command.odometerM)}`;
    case "custom_text":
      return `Text: ${command.text}`;
    default:
      return KIND_TITLES[command.kind];
  }
}

/** `10 minutes`, `1 hour`, `7 days` */
export function lifetimeWords(s: number): string {
  const [count, unit] =
    s % 86_400 === 0 ? [s / 86_400, "day"] : s % 3600 === 0 ? [s / 3600, "hour"] : [s / 60, "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export const STATE_TITLES: Readonly<Record<CommandState, string>> = {
  pending: "Waiting",
  sent: "Sent",
  delivered: "Delivered",
  acknowledged: "Done",
  failed: "Failed",
  expired: "Expired",
  cancelled: "Taken back",
};

const STATE_SENTENCES: Readonly<Record<CommandState, string>> = {
  pending: "It is sent as soon as there is a way to the device.",
  sent: "It was sent; the device has not answered yet.",
  delivered: "The device has it, and has not said yet what became of it.",
  acknowledged: "The device says that it is done.",
  failed: "It did not come about.",
  expired: "There was no way to send it in time; it will not be sent.",
  cancelled: "It was taken back before it was sent.",
};

const OPEN: ReadonlySet<CommandState> = new Set(["pending", "sent", "delivered"]);

export function isOpen(state: CommandState): boolean {
  return OPEN.has(state);
}

/** Why a command is where it is: the server's reason if it gives one. */
export function stateSentence({ state, reason, attempts }: Pick<CommandView, "state" | "reason" | "attempts">): string {
  const sentence = reason ? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` : STATE_SENTENCES[state];
  return attempts > 1 ? `${sentence} Sent ${attempts} times.` : sentence;
}

/** Who asked for it, as the caller sees them; the audit's `user:…`, `api_key:…` or `system:…`. */
export function whoWords(who: string, caller: Caller | null): string {
  const [kind, id] = who.split(":", 2);
  if (kind === "user") return id === caller?.user?.id ? "you" : "another user";
  return kind === "api_key" ? "an API key" : "Milepost";
}
