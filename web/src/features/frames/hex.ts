/** Bytes as people read them: in hex, grouped, beside the text that they would be. */

export interface HexDump {
  readonly hex: string;
  readonly text: string;
}

const HALF = 8;

/** Lines of `perLine` bytes: `78 78 0d 01 08 64 71 70  03 28…` and `xx···dqp·(…`, with as many lines. */
export function hexDump(hex: string, perLine: number): HexDump {
  const bytes = hex.match(/../g) ?? [];
  const hexLines: string[] = [];
  const textLines: string[] = [];
  for (let start = 0; start < bytes.length; start += perLine) {
    const line = bytes.slice(start, start + perLine);
    hexLines.push(grouped(line));
    textLines.push(line.map(printable).join(""));
  }
  return { hex: hexLines.join("\n"), text: textLines.join("\n") };
}

function grouped(bytes: readonly string[]): string {
  const groups: string[] = [];
  for (let start = 0; start < bytes.length; start += HALF) groups.push(bytes.slice(start, start + HALF).join(" "));
  return groups.join("  ");
}

function printable(byte: string): string {
  const code = Number.parseInt(byte, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
}

export function byteCount(hex: string): number {
  return hex.length / 2;
}
