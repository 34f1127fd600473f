import { expect, test, vi } from "vitest";
import { ApiProblem, MemorySessionStore, MilepostClient, type Session } from "../src/index.ts";

const session = (n: number): Session => ({
  accessToken: `access-${n}`,
  refreshToken: `refresh-${n}`,
  deviceToken: null,
  expiresInS: 900,
  user: { id: "u", email: "a@example.com", name: "A" },
  tenant: { id: "t", name: "T" },
  role: "admin",
});

type Answer = (path: string, init: RequestInit) => Response;

function clientWith(answer: Answer) {
  const sessions = new MemorySessionStore();
  const onSignedOut = vi.fn();
  const calls: string[] = [];
  const client = new MilepostClient({
    baseUrl: "http://test",
    sessions,
    onSignedOut,
    fetch: async (url, init = {}) => {
      const path = String(url).slice("http://test".length);
      calls.push(`${init.method} ${path}`);
      return answer(path, init);
    },
  });
  return { client, sessions, onSignedOut, calls };
}

const tokenOf = (init: RequestInit) => (init.headers as Record<string, string>).authorization;

/** A server that knows one access token and answers a refresh with it. */
const expiring: Answer = (path, init) => {
  if (path.endsWith("/auth/refresh")) return Response.json(session(2));
  return tokenOf(init) === "Bearer access-2" ? Response.json({ ok: true }) : new Response(null, { status: 401 });
};

test("signing in keeps the session", async () => {
  const { client, sessions } = clientWith(() => Response.json(session(1)));
  await client.signIn("a@example.com", "secret");
  expect(sessions.read()?.accessToken).toBe("access-1");
});

test("the token of the device outlives the session and comes along with the next sign-in", async () => {
  const bodies: unknown[] = [];
  const { client, sessions } = clientWith((_, init) => {
    bodies.push(JSON.parse(String(init.body)));
    return Response.json({ ...session(1), deviceToken: "mpd_1" });
  });
  await client.signIn("a@example.com", "secret");
  sessions.write(null);
  await client.signIn("a@example.com", "secret");
  expect(bodies).toEqual([
    { email: "a@example.com", password: "secret", deviceToken: null },
    { email: "a@example.com", password: "secret", deviceToken: "mpd_1" },
  ]);
});

test("a second factor is asked for with a challenge, which begins no session by itself", async () => {
  const challenge = { token: "c-1", expiresInS: 300 };
  const { client, sessions } = clientWith((path, init) => {
    if (path.endsWith("/login")) {
      const problem = { code: "second_step_required", detail: "a code is needed", challenge };
      return Response.json(problem, { status: 401, headers: { "content-type": "application/problem+json" } });
    }
    expect(JSON.parse(String(init.body))).toEqual({ challenge: "c-1", code: "123456" });
    return Response.json(session(1));
  });
  const refused = await client.signIn("a@example.com", "secret").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiProblem);
  expect((refused as ApiProblem).challenge).toEqual(challenge);
  expect(sessions.read()).toBeNull();
  await client.takeSecondStep("c-1", "123456");
  expect(sessions.read()?.accessToken).toBe("access-1");
});

test("a query leaves out what has no value", async () => {
  const { client, calls } = clientWith(() => Response.json({}));
  await client.get("/api/v1/vehicles", { query: { search: "a b", after: null, state: undefined, limit: 5 } });
  expect(calls).toEqual(["GET /api/v1/vehicles?search=a+b&limit=5"]);
});

test("an expired token is renewed and the call made again", async () => {
  const { client, sessions, calls } = clientWith(expiring);
  sessions.write(session(1));
  expect(await client.get("/api/v1/vehicles")).toEqual({ ok: true });
  expect(calls).toEqual(["GET /api/v1/vehicles", "POST /api/v1/auth/refresh", "GET /api/v1/vehicles"]);
});

test("calls that fail together refresh once", async () => {
  const { client, sessions, calls } = clientWith(expiring);
  sessions.write(session(1));
  await Promise.all([client.get("/api/v1/vehicles"), client.get("/api/v1/devices"), client.get("/api/v1/trips")]);
  expect(calls.filter((call) => call.endsWith("/auth/refresh"))).toHaveLength(1);
});

test("a refused refresh signs out and tells", async () => {
  const { client, sessions, onSignedOut } = clientWith(() => new Response(null, { status: 401 }));
  sessions.write(session(1));
  await expect(client.get("/api/v1/vehicles")).rejects.toMatchObject({ status: 401 });
  expect(sessions.read()).toBeNull();
  expect(onSignedOut).toHaveBeenCalledOnce();
});

test("a server in trouble does not sign out", async () => {
  const { client, sessions } = clientWith(
    (path) => new Response(null, { status: path === "/api/v1/vehicles" ? 401 : 503 }),
  );
  sessions.write(session(1));
  await expect(client.get("/api/v1/vehicles")).rejects.toMatchObject({ status: 503 });
  expect(sessions.read()).not.toBeNull();
});

test("problem details become an error with the stable code", async () => {
  const body = { type: "about:blank", title: "Not found", status: 404, code: "not_found", detail: "no vehicle 7" };
  const headers = { "content-type": "application/problem+json" };
  const { client } = clientWith(() => new Response(JSON.stringify(body), { status: 404, headers }));
  const error = await client.get("/api/v1/vehicles").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiProblem);
  expect(error).toMatchObject({ status: 404, code: "not_found", message: "no vehicle 7" });
});

test("what has to be confirmed comes with its token, what was refused with its field", async () => {
  const headers = { "content-type": "application/problem+json" };
  const answer = (body: unknown, status: number) => new Response(JSON.stringify(body), { status, headers });
  const confirmation = { token: "t", expiresInS: 120 };
  const asking = clientWith(() => answer({ code: "confirmation_required", confirmation }, 428));
  await expect(asking.client.get("/api/v1/vehicles")).rejects.toMatchObject({ confirmation, errors: [] });
  const errors = [{ field: "options", detail: "unknown" }];
  const refusing = clientWith(() => answer({ code: "invalid_input", errors }, 422));
  await expect(refusing.client.get("/api/v1/vehicles")).rejects.toMatchObject({ errors, confirmation: null });
});

test("an entity comes with its tag", async () => {
  const { client } = clientWith(() => Response.json({ id: "7" }, { headers: { etag: '"3"' } }));
  const options = { path: { deviceId: "7" } };
  expect(await client.getTagged("/api/v1/devices/{deviceId}", options)).toEqual({ value: { id: "7" }, etag: '"3"' });
});

test("an error page of a proxy is an error too", async () => {
  const { client } = clientWith(() => new Response("<h1>Bad gateway</h1>", { status: 502, statusText: "Bad Gateway" }));
  await expect(client.get("/api/v1/vehicles")).rejects.toMatchObject({ status: 502, message: "Bad Gateway" });
});

test("a path's parameters go into it, escaped", async () => {
  const { client, calls } = clientWith(() => Response.json({}));
  await client.post("/api/v1/devices/unknown/{uniqueId}/adopt", { path: { uniqueId: "a/b" }, body: {} });
  expect(calls).toEqual(["POST /api/v1/devices/unknown/a%2Fb/adopt"]);
});

test("what is put is sent whole", async () => {
  const bodies: unknown[] = [];
  const { client, calls } = clientWith((_, init) => {
    bodies.push(JSON.parse(String(init.body)));
    return Response.json({ items: [] });
  });
  const path = "/api/v1/vehicles/{vehicleId}/primary-devices";
  await client.put(path, { path: { vehicleId: "7" }, body: { primaryDeviceId: "8" } });
  expect(calls).toEqual(["PUT /api/v1/vehicles/7/primary-devices"]);
  expect(bodies).toEqual([{ primaryDeviceId: "8" }]);
});

test("a list is read to its end", async () => {
  const { client, calls } = clientWith((path) =>
    Response.json(path.includes("after=2") ? { items: [3], next: null } : { items: [1, 2], next: "2" }),
  );
  expect(await client.list("/api/v1/trips", { query: { from: "2026-01-01T00:00:00Z" } })).toEqual([1, 2, 3]);
  expect(calls).toHaveLength(2);
});
