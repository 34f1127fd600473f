import type { LiveError, LiveEvent, ServerMessage, Snapshot, SubscriptionAck } from "./messages.ts";

/** What a subscriber is told of its channel. */
export interface ChannelListener {
  /** The whole state: at first, and whenever what was missed cannot be replayed. */
  readonly onSnapshot?: (snapshot: Snapshot) => void;
  readonly onEvent?: (event: LiveEvent) => void;
  /** The server refused the channel (unknown, or not this caller's). */
  readonly onRefused?: (error: LiveError) => void;
}

interface Channel {
  readonly listeners: Set<ChannelListener>;
  epoch?: string | undefined;
  offset?: number | undefined;
}

type Request = (type: string, data: unknown) => Promise<unknown>;

/** The channels that this client follows, and how far it has heard each. */
export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  /**
   * A second listener of a channel subscribes anew, without an offset, so that it gets a snapshot;
   * the server answers a repeated subscription like a first one.
   */
  add(name: string, listener: ChannelListener, connected: boolean): () => void {
    const channel = this.#channels.get(name) ?? { listeners: new Set<ChannelListener>() };
    this.#channels.set(name, channel);
    channel.listeners.add(listener);
    channel.epoch = channel.offset = undefined;
    if (connected) this.#subscribe(name, channel);
    return () => this.#remove(name, listener);
  }

  /** Subscribes to everything after a reconnect, each from where it was. */
  resumeAll(): void {
    for (const [name, channel] of this.#channels) this.#subscribe(name, channel);
  }

  receive(message: ServerMessage): void {
    if (message.type === "event") this.#event(message as unknown as LiveEvent);
    else if (message.type === "initial_data") this.#snapshot(message.data as Snapshot);
  }

  #subscribe(name: string, channel: Channel): void {
    const { epoch, offset } = channel;
    const from = epoch === undefined ? {} : { epoch, offset };
    this.#request("subscribe", { channel: name, params: {}, ...from }).then(
      (ack) => this.#acknowledged(channel, ack as SubscriptionAck),
      (error: LiveError) => this.#refused(channel, error),
    );
  }

  /** The ack's offset is where a snapshot will start; after a recovery the missed events count up. */
  #acknowledged(channel: Channel, ack: SubscriptionAck): void {
    if (ack?.recovered) return;
    channel.epoch ??= ack?.epoch;
    channel.offset ??= ack?.offset;
  }

  #refused(channel: Channel, error: LiveError): void {
    if (error.code === "NOT_CONNECTED") return;
    for (const listener of channel.listeners) listener.onRefused?.(error);
  }

  #snapshot(snapshot: Snapshot): void {
    const channel = this.#channels.get(snapshot.channel);
    if (!channel) return;
    channel.epoch = snapshot.epoch;
    channel.offset = snapshot.offset;
    for (const listener of channel.listeners) listener.onSnapshot?.(snapshot);
  }

  #event(event: LiveEvent): void {
    const channel = this.#channels.get(event.channel);
    if (!channel) return;
    if (event.epoch !== undefined) channel.epoch = event.epoch;
    if (event.offset !== undefined) channel.offset = event.offset;
    for (const listener of channel.listeners) listener.onEvent?.(event);
  }

  #remove(name: string, listener: ChannelListener): void {
    const channel = this.#channels.get(name);
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) return;
    this.#channels.delete(name);
    this.#request("unsubscribe", { channel: name }).catch(() => undefined);
  }
}
