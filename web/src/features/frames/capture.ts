import type { Frame } from "@milepost/sdk";

export type Shown = "all" | "in" | "out" | "errors";

export function isShown(frame: Frame, shown: Shown): boolean {
  if (shown === "all") return true;
  return shown === "errors" ? frame.error !== null : frame.direction === shown;
}

/** What the device sent, as lines that `milepost decode` reads; what it was answered is left out. */
export function captureLines(frames: readonly Frame[], options: Readonly<Record<string, string>>): string {
  const config = Object.keys(options).length > 0 ? { config: options } : {};
  return frames
    .filter(({ direction }) => direction === "in")
    .map((frame) => `${JSON.stringify({ ...payloadOf(frame), ...config })}\n`)
    .join("");
}

function payloadOf({ transport, hex }: Frame) {
  const isText = transport === "http" || transport === "mqtt";
  return isText ? { transport, payload: hex, payload_encoding: "hex" } : { transport, payload: hex };
}
