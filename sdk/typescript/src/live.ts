import { type Backoff, backoffMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { Channels, type ChannelListener } from "./channels.ts";
import { LiveError, parseMessage, type ServerMessage } from "./messages.ts";
import { PendingRequests } from "./pending.ts";

export type LiveStatus = "idle" | "connecting" | "open" | "waiting";

/** What of a WebSocket this client needs; the browser's and Node's are both such. */
export interface Socket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface LiveOptions {
  /** `wss://host/ws` */
  readonly url: string;
  /** The access token to connect with; `renew` asks for a new one. Null: signed out, stay away. */
  readonly token: (renew: boolean) => Promise<string | null>;
  readonly openSocket?: (url: string, protocols: string[]) => Socket;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly backoff?: Backoff;
  readonly heartbeatMs?: number;
  readonly timeoutMs?: number;
}

/** A connection that lasted this long was a good one: the next backoff starts afresh. */
const STABLE_MS = 5_000;
const POLICY_VIOLATION = 1008;
const UNAUTHENTICATED = 4401;

/**
 * The live connection: subscribes, resumes and reconnects by itself.
 *
 * It comes back after every close that it did not ask for, whatever the code: 1001, 1011, 1012 and
 * 1013 are what a restarting server says.
 */
export class MilepostLive {
  readonly #options: Required<LiveOptions>;
  readonly #pending = new PendingRequests();
  readonly #channels = new Channels((type, data) => this.request(type, data));
  readonly #statusListeners = new Set<() => void>();
  #socket: Socket | null = null;
  #status: LiveStatus = "idle";
  #attempt = 0;
  #openedAt = 0;
  #renewToken = false;
  #generation = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    this.#options = {
      openSocket: (url, protocols) => new WebSocket(url, protocols) as unknown as Socket,
      random: Math.random,
      now: Date.now,
      backoff: DEFAULT_BACKOFF,
      heartbeatMs: 20_000,
      timeoutMs: 10_000,
      ...options,
    };
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** Calls `listener` on each change of `status`; returns what stops that. */
  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Connects, and stays connected until `disconnect`. */
  connect(): void {
    if (this.#status !== "idle") return;
    void this.#open();
  }

  /** Tries at once instead of waiting for the backoff: the network is known to be back. */
  retryNow(): void {
    if (this.#status !== "waiting") return;
    clearTimeout(this.#timer);
    void this.#open();
  }

  disconnect(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#drop();
    socket?.close(1000, "bye");
    this.#setStatus("idle");
  }

  /** Follows a channel (`fleet:all`, `vehicle:<id>`); returns what ends it. */
  subscribe(channel: string, listener: ChannelListener): () => void {
    return this.#channels.add(channel, listener, this.#status === "open");
  }

  /** Sends a message and waits for the reply with its `requestId`. Rejects with `LiveError`. */
  request(type: string, data?: unknown): Promise<unknown> {
    if (this.#status !== "open" || !this.#socket) {
      return Promise.reject(new LiveError("NOT_CONNECTED", `the connection is ${this.#status}`));
    }
    const { requestId, reply } = this.#pending.open(this.#options.timeoutMs);
    this.#socket.send(JSON.stringify({ type, requestId, data }));
    return reply;
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    this.#setStatus("connecting");
    const token = await this.#options.token(this.#renewToken).catch(() => undefined);
    if (generation !== this.#generation) return;
    if (token === null) return this.#setStatus("idle");
    if (token === undefined) return this.#wait();
    this.#renewToken = false;
    this.#attach(this.#options.openSocket(this.#options.url, ["json", `Bearer.${token}`]));
  }

  #attach(socket: Socket): void {
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(String(event.data));
    socket.onclose = (event) => this.#closed(event.code);
  }

  #opened(): void {
    this.#openedAt = this.#options.now();
    this.#setStatus("open");
    this.#channels.resumeAll();
    this.#beatLater();
  }

  #closed(code: number): void {
    const lived = this.#openedAt > 0 ? this.#options.now() - this.#openedAt : 0;
    if (lived >= STABLE_MS) this.#attempt = 0;
    this.#renewToken = code === POLICY_VIOLATION || code === UNAUTHENTICATED;
    this.#drop();
    this.#wait();
  }

  #drop(): void {
    const socket = this.#socket;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    this.#socket = null;
    this.#openedAt = 0;
    clearTimeout(this.#timer);
    this.#pending.failAll(new LiveError("NOT_CONNECTED", "the connection closed"));
  }

  #wait(): void {
    const { random, backoff } = this.#options;
    this.#setStatus("waiting");
    this.#timer = setTimeout(() => void this.#open(), backoffMs(this.#attempt++, random(), backoff));
  }

  #beatLater(): void {
    this.#timer = setTimeout(() => {
      this.request("ping").then(
        () => this.#beatLater(),
        () => this.#silent(),
      );
    }, this.#options.heartbeatMs);
  }

  /** No pong: a dead network closes no socket, so we do. */
  #silent(): void {
    if (this.#status !== "open") return;
    const socket = this.#socket;
    this.#closed(1006);
    socket?.close(4000, "no pong");
  }

  #received(text: string): void {
    const message = parseMessage(text);
    if (message) this.#dispatch(message);
  }

  #dispatch(message: ServerMessage): void {
    if (message.type === "batch") {
      for (const each of message.messages ?? []) this.#dispatch(each);
    } else if (message.type === "ping") {
      this.#socket?.send(JSON.stringify({ type: "pong", requestId: message.requestId }));
    } else if (message.type === "error") {
      this.#refused(message);
    } else {
      this.#channels.receive(message);
      if (message.requestId) this.#pending.resolve(message.requestId, message.data);
    }
  }

  #refused({ requestId, data }: ServerMessage): void {
    const { code = "UNKNOWN", message = "refused" } = (data ?? {}) as { code?: string; message?: string };
    if (requestId) this.#pending.fail(requestId, new LiveError(code, message));
  }

  #setStatus(status: LiveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#statusListeners) listener();
  }
}
