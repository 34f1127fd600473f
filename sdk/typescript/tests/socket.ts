import { MilepostLive, type LiveOptions, type Socket } from "../src/index.ts";

/** The other end of a connection, in this test. */
export class ServerEnd implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly received: { type: string; requestId?: string; data?: Record<string, unknown> }[] = [];
  closedByClient = false;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    this.received.push(JSON.parse(text));
  }

  close(): void {
    this.closedByClient = true;
  }

  accept(): void {
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  drop(code: number): void {
    this.onclose?.({ code });
  }

  last(type: string) {
    return this.received.filter((message) => message.type === type).at(-1);
  }
}

/** A client and every connection that it has opened. */
export function liveWith(options: Partial<LiveOptions> = {}): { live: MilepostLive; ends: ServerEnd[] } {
  const ends: ServerEnd[] = [];
  const live = new MilepostLive({
    url: "ws://test/ws",
    token: async () => "token",
    random: () => 0.5,
    now: () => 0,
    openSocket: (url, protocols) => {
      const end = new ServerEnd(url, protocols);
      ends.push(end);
      return end;
    },
    ...options,
  });
  return { live, ends };
}
