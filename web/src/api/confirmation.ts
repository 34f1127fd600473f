import { ApiProblem, type Confirmation } from "@milepost/sdk";

/** A token that confirms a call, and until when it does. */
export interface Token {
  readonly text: string;
  readonly untilMs: number;
}

/** What is to be confirmed, if that is why the call was refused. */
export function confirmationOf(error: Error | null): Confirmation | null {
  return error instanceof ApiProblem ? error.confirmation : null;
}

export function tokenOf(confirmation: Confirmation | null): Token | null {
  return confirmation && { text: confirmation.token, untilMs: Date.now() + confirmation.expiresInS * 1000 };
}
