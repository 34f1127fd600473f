import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveError, type LiveEvent, type Snapshot } from "../src/index.ts";
import { liveWith, type ServerEnd } from "./socket.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const at = (ends: ServerEnd[], i: number): ServerEnd => {
  const end = ends[i];
  if (!end) throw new Error(`connection ${i} was not opened`);
  return end;
};

async function connected(options = {}) {
  const { live, ends } = liveWith(options);
  live.connect();
  await tick();
  at(ends, 0).accept();
  return { live, ends, end: at(ends, 0) };
}

test("the token goes into the subprotocol", async () => {
  const { end } = await connected();
  expect(end.protocols).toEqual(["json", "Bearer.token"]);
});

test.each([1000, 1001, 1006, 1008, 1011, 1012, 1013])("comes back after close code %i", async (code) => {
  const { live, ends, end } = await connected();
  end.drop(code);
  expect(live.status).toBe("waiting");
  await tick(250);
  expect(ends).toHaveLength(2);
});

test("the wait is drawn from a window that doubles", async () => {
  const { ends, end } = await connected();
  end.drop(1012);
  await tick(250);
  at(ends, 1).drop(1012);
  await tick(499);
  expect(ends).toHaveLength(2);
  await tick(1);
  expect(ends).toHaveLength(3);
});

test("a connection that lasted starts the windows afresh", async () => {
  let now = 1;
  const { ends, end } = await connected({ now: () => now });
  now += 60_000;
  end.drop(1012);
  await tick(250);
  at(ends, 1).accept();
  now += 60_000;
  at(ends, 1).drop(1012);
  await tick(250);
  expect(ends).toHaveLength(3);
});

test("a refused token is renewed before the next attempt", async () => {
  const token = vi.fn(async (_renew: boolean) => "token");
  const { end } = await connected({ token });
  end.drop(1008);
  await tick(250);
  expect(token.mock.calls.map(([renew]) => renew)).toEqual([false, true]);
});

test("stays away once signed out", async () => {
  const { live, ends } = liveWith({ token: async () => null });
  live.connect();
  await tick(60_000);
  expect(ends).toHaveLength(0);
  expect(live.status).toBe("idle");
});

test("does not come back after disconnect", async () => {
  const { live, ends, end } = await connected();
  live.disconnect();
  await tick(60_000);
  expect(end.closedByClient).toBe(true);
  expect(ends).toHaveLength(1);
});

test("retryNow does not wait", async () => {
  const { live, ends, end } = await connected();
  end.drop(1001);
  live.retryNow();
  await tick();
  expect(ends).toHaveLength(2);
});

test("resumes each channel from where it was", async () => {
  const { live, ends, end } = await connected();
  live.subscribe("fleet:all", {});
  end.say({ type: "initial_data", data: { channel: "fleet:all", epoch: "e1", offset: 4, vehicles: [] } });
  end.say({ type: "event", channel: "fleet:all", event: "telemetry_update", epoch: "e1", offset: 5, data: {} });
  end.drop(1012);
  await tick(250);
  at(ends, 1).accept();
  expect(at(ends, 1).last("subscribe")?.data).toMatchObject({ channel: "fleet:all", epoch: "e1", offset: 5 });
});

test("a first subscription asks for no resume, and its snapshot arrives", async () => {
  const { live, end } = await connected();
  const snapshots: Snapshot[] = [];
  live.subscribe("fleet:all", { onSnapshot: (snapshot) => void snapshots.push(snapshot) });
  expect(end.last("subscribe")?.data).toEqual({ channel: "fleet:all", params: {} });
  end.say({ type: "initial_data", data: { channel: "fleet:all", epoch: "e", offset: 0, vehicles: [] } });
  expect(snapshots).toHaveLength(1);
});

test("the events of a batch come one by one, to their channel alone", async () => {
  const { live, end } = await connected();
  const events: LiveEvent[] = [];
  live.subscribe("vehicle:1", { onEvent: (event) => void events.push(event) });
  const event = (channel: string, offset: number) => ({ type: "event", channel, event: "x", epoch: "e", offset });
  end.say({ type: "batch", messages: [event("vehicle:1", 1), event("vehicle:2", 1), event("vehicle:1", 2)] });
  expect(events.map(({ offset }) => offset)).toEqual([1, 2]);
});

test("one listener's leaving does not cut the other", async () => {
  const { live, end } = await connected();
  const heard: LiveEvent[] = [];
  const leave = live.subscribe("fleet:all", {});
  live.subscribe("fleet:all", { onEvent: (event) => void heard.push(event) });
  leave();
  expect(end.last("unsubscribe")).toBeUndefined();
  end.say({ type: "event", channel: "fleet:all", event: "x", epoch: "e", offset: 1 });
  expect(heard).toHaveLength(1);
});

test("the last listener's leaving unsubscribes", async () => {
  const { live, end } = await connected();
  live.subscribe("fleet:all", {})();
  expect(end.last("unsubscribe")?.data).toEqual({ channel: "fleet:all" });
});

test("a refused channel is told", async () => {
  const { live, end } = await connected();
  const onRefused = vi.fn();
  live.subscribe("vehicle:1", { onRefused });
  const data = { code: "MESSAGE_PROCESSING_ERROR", message: "not yours" };
  end.say({ type: "error", requestId: end.last("subscribe")?.requestId, data });
  await tick();
  expect(onRefused).toHaveBeenCalledWith(expect.objectContaining(data));
});

test("a request gets its own reply", async () => {
  const { live, end } = await connected();
  const [first, second] = [live.request("custom", 1), live.request("custom", 2)];
  const [a, b] = end.received.filter(({ type }) => type === "custom");
  end.say({ type: "custom_ack", requestId: b?.requestId, data: "b" });
  end.say({ type: "custom_ack", requestId: a?.requestId, data: "a" });
  expect(await first).toBe("a");
  expect(await second).toBe("b");
});

test("a request without a reply rejects in time", async () => {
  const { live } = await connected();
  const failed = expect(live.request("custom")).rejects.toMatchObject({ code: "TIMEOUT" });
  await tick(10_000);
  await failed;
});

test("a request on a connection that closes rejects", async () => {
  const { live, end } = await connected();
  const failed = expect(live.request("custom")).rejects.toBeInstanceOf(LiveError);
  end.drop(1011);
  await failed;
});

test("without a pong the connection is given up", async () => {
  const { live, ends, end } = await connected();
  await tick(20_000);
  expect(end.last("ping")).toBeDefined();
  await tick(10_000);
  expect(end.closedByClient).toBe(true);
  expect(live.status).toBe("waiting");
  await tick(250);
  expect(ends).toHaveLength(2);
});

test("a pong keeps the connection, and the next ping follows", async () => {
  const { live, end } = await connected();
  await tick(20_000);
  end.say({ type: "pong", requestId: end.last("ping")?.requestId });
  await tick(20_000);
  expect(end.received.filter(({ type }) => type === "ping")).toHaveLength(2);
  expect(live.status).toBe("open");
});

test("the server's ping is answered", async () => {
  const { end } = await connected();
  end.say({ type: "ping", requestId: "s1" });
  expect(end.last("pong")?.requestId).toBe("s1");
});

test("what is no message is left alone", async () => {
  const { live, end } = await connected();
  end.onmessage?.({ data: "<html>" });
  end.onmessage?.({ data: "[1]" });
  expect(live.status).toBe("open");
});
