/** A value of a request that was refused. */
export interface InvalidField {
  readonly field: string;
  readonly detail: string;
}

/** What confirms a call that needs a second look: the same call again, with `confirm` set to the token. */
export interface Confirmation {
  readonly token: string;
  readonly expiresInS: number;
}

/** What the second step of a sign-in takes, with a code of the second factor. */
export interface Challenge {
  readonly token: string;
  readonly expiresInS: number;
}

/** An error that the API told (RFC 9457 problem details); `code` is Milepost's stable code. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly InvalidField[] = [],
    readonly confirmation: Confirmation | null = null,
    readonly challenge: Challenge | null = null,
  ) {
    super(detail || title);
  }

  static async from(response: Response): Promise<ApiProblem> {
    const body = await readProblem(response);
    const title = body.title ?? response.statusText;
    return new ApiProblem(
      response.status,
      body.code ?? "unknown",
      title,
      body.detail ?? title,
      body.errors,
      body.confirmation,
      body.challenge,
    );
  }
}

interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly InvalidField[];
  readonly confirmation?: Confirmation;
  readonly challenge?: Challenge;
}

/** A proxy in between may answer with HTML; then the status alone has to say it. */
async function readProblem(response: Response): Promise<ProblemBody> {
  const type = response.headers.get("content-type") ?? "";
  return type.includes("json") ? ((await response.json()) as ProblemBody) : {};
}
