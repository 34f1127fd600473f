import { ApiProblem } from "./problem.ts";
import type { Session } from "./model.ts";
import type { SessionStore } from "./tokens.ts";
import type { Answer, ItemOf, ListPath, OptionsArgument, PathOf } from "./typed.ts";

interface Sent {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const LIST_LIMIT = 1000;

/** An entity with its version, to be sent as `If-Match` with a change of it. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string | null;
}

export interface ClientOptions {
  /** The server's origin (`https://fleet.example.com`), or "" for the page's own. */
  readonly baseUrl: string;
  readonly sessions: SessionStore;
  readonly fetch?: typeof fetch;
  /** Called when the session can no longer be refreshed. */
  readonly onSignedOut?: () => void;
}

/** Calls the HTTP API as a signed-in user; renews the access token when it has expired. */
export class MilepostClient {
  readonly #options: ClientOptions;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  get session(): Session | null {
    return this.#options.sessions.read();
  }

  /**
   * Signs in. Throws `ApiProblem` (401) if the e-mail or password is wrong, and one with a `challenge`
   * for `takeSecondStep` if the account has a second factor.
   */
  signIn(email: string, password: string): Promise<Session> {
    const deviceToken = this.#options.sessions.readDevice();
    return this.#begin("/api/v1/auth/login", { email, password, deviceToken });
  }

  /** Signs in with the `challenge` of the first step and a code. Throws `ApiProblem` (401) if it is wrong. */
  takeSecondStep(challenge: string, code: string): Promise<Session> {
    return this.#begin("/api/v1/auth/second-step", { challenge, code });
  }

  async signOut(): Promise<void> {
    const session = this.session;
    this.#options.sessions.write(null);
    if (!session) return;
    const body = { refreshToken: session.refreshToken };
    await this.#send("POST", "/api/v1/auth/logout", { body }, session.accessToken);
  }

  /** Each of these throws `ApiProblem` for every status that is not 2xx. */
  get<P extends PathOf<"get">>(path: P, ...[options]: OptionsArgument<"get", P>): Promise<Answer<"get", P>> {
    return this.#call("GET", path, options);
  }

  post<P extends PathOf<"post">>(path: P, ...[options]: OptionsArgument<"post", P>): Promise<Answer<"post", P>> {
    return this.#call("POST", path, options);
  }

  put<P extends PathOf<"put">>(path: P, ...[options]: OptionsArgument<"put", P>): Promise<Answer<"put", P>> {
    return this.#call("PUT", path, options);
  }

  patch<P extends PathOf<"patch">>(path: P, ...[options]: OptionsArgument<"patch", P>): Promise<Answer<"patch", P>> {
    return this.#call("PATCH", path, options);
  }

  delete<P extends PathOf<"delete">>(
    path: P,
    ...[options]: OptionsArgument<"delete", P>
  ): Promise<Answer<"delete", P>> {
    return this.#call("DELETE", path, options);
  }

  /** One entity with its `ETag`. */
  async getTagged<P extends PathOf<"get">>(
    path: P,
    ...[options]: OptionsArgument<"get", P>
  ): Promise<Tagged<Answer<"get", P>>> {
    const response = await this.#sendSignedIn("GET", path, options ?? {});
    return { value: await json(response), etag: response.headers.get("etag") };
  }

  /** Every item of a list, over all its pages. */
  async list<P extends ListPath>(path: P, ...[options]: OptionsArgument<"get", P>): Promise<ItemOf<P>[]> {
    const items: ItemOf<P>[] = [];
    const sent: Sent = options ?? {};
    let after: string | null = null;
    do {
      const query = { limit: LIST_LIMIT, ...sent.query, after };
      const page: Page<ItemOf<P>> = await this.#call("GET", path, { ...sent, query });
      items.push(...page.items);
      after = page.next;
    } while (after !== null);
    return items;
  }

  /** The body as it is: an export. */
  async download<P extends PathOf<"get">>(path: P, ...[options]: OptionsArgument<"get", P>): Promise<Blob> {
    const sent: Sent = options ?? {};
    const response = await this.#sendSignedIn("GET", path, { ...sent, headers: { accept: "*/*", ...sent.headers } });
    if (!response.ok) throw await ApiProblem.from(response);
    return response.blob();
  }

  /**
   * Gives a newer access token than `stale`, or null if the session is over. Another tab, or another
   * call, may have renewed it already: then that one is taken.
   */
  renew(stale: string): Promise<string | null> {
    return this.#options.sessions.exclusive(async () => {
      const session = this.session;
      if (!session) return null;
      if (session.accessToken !== stale) return session.accessToken;
      return this.#refresh(session.refreshToken);
    });
  }

  async #begin(path: string, body: unknown): Promise<Session> {
    const session = await json<Session>(await this.#send("POST", path, { body }, null));
    this.#options.sessions.write(session);
    if (session.deviceToken !== null) this.#options.sessions.writeDevice(session.deviceToken);
    return session;
  }

  async #call<T>(method: string, path: string, options: Sent = {}): Promise<T> {
    return json<T>(await this.#sendSignedIn(method, path, options));
  }

  /** An access token that has expired meanwhile is renewed, and the call made once more. */
  async #sendSignedIn(method: string, path: string, options: Sent): Promise<Response> {
    const token = this.session?.accessToken ?? null;
    const response = await this.#send(method, path, options, token);
    if (response.status !== 401 || token === null) return response;
    const renewed = await this.renew(token);
    return renewed === null ? response : this.#send(method, path, options, renewed);
  }

  async #refresh(refreshToken: string): Promise<string | null> {
    const response = await this.#send("POST", "/api/v1/auth/refresh", { body: { refreshToken } }, null);
    if (response.status >= 500) throw await ApiProblem.from(response);
    if (!response.ok) {
      this.#options.sessions.write(null);
      this.#options.onSignedOut?.();
      return null;
    }
    const session = (await response.json()) as Session;
    this.#options.sessions.write(session);
    return session.accessToken;
  }

  #send(method: string, path: string, options: Sent, token: string | null): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    if (options.body !== undefined) headers["content-type"] = "application/json";
    return this.#fetch(this.#options.baseUrl + fill(path, options.path) + queryString(options.query), {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    });
  }
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

async function json<T>(response: Response): Promise<T> {
  if (!response.ok) throw await ApiProblem.from(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** `/vehicles/{vehicleId}` with its parameters in place. */
function fill(path: string, parameters: Sent["path"]): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters?.[name])));
}

/** `?a=1&b=2` of what has a value, or the empty string. */
function queryString(query: Sent["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length === 0) return "";
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}
