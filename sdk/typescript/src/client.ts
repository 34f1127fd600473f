import { ApiProblem } from "./problem.ts";
import type { Session, SessionStore } from "./tokens.ts";

export type QueryValue = string | number | boolean | null | undefined;

export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
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

  /** Signs in. Throws `ApiProblem` (401) if the e-mail or password is wrong. */
  async signIn(email: string, password: string): Promise<Session> {
    const body = { email, password };
    const session = await this.#json<Session>(await this.#send("POST", "/api/v1/auth/login", { body }, null));
    this.#options.sessions.write(session);
    return session;
  }

  async signOut(): Promise<void> {
    const session = this.session;
    this.#options.sessions.write(null);
    if (!session) return;
    const body = { refreshToken: session.refreshToken };
    await this.#send("POST", "/api/v1/auth/logout", { body }, session.accessToken);
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.request<T>("GET", path, options);
  }

  /** Throws `ApiProblem` for every status that is not 2xx. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return this.#json<T>(await this.#sendSignedIn(method, path, options));
  }

  /** The body as it is: an export. Throws `ApiProblem` for every status that is not 2xx. */
  async download(path: string, options: RequestOptions = {}): Promise<Blob> {
    const headers = { accept: "*/*", ...options.headers };
    const response = await this.#sendSignedIn("GET", path, { ...options, headers });
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

  /** An access token that has expired meanwhile is renewed, and the call made once more. */
  async #sendSignedIn(method: string, path: string, options: RequestOptions): Promise<Response> {
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

  #send(method: string, path: string, options: RequestOptions, token: string | null): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (token !== null) headers.authorization = `Bearer ${token}`;
    if (options.body !== undefined) headers["content-type"] = "application/json";
    return this.#fetch(this.#options.baseUrl + path + queryString(options.query), {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    });
  }

  async #json<T>(response: Response): Promise<T> {
    if (!response.ok) throw await ApiProblem.from(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}

/** `?a=1&b=2` of what has a value, or the empty string. */
export function queryString(query: RequestOptions["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  if (pairs.length === 0) return "";
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}
