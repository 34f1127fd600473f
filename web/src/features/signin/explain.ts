import { ApiProblem } from "@milepost/sdk";

/** Why it did not work, in words for someone who is not signed in. */
export function explain(error: Error, refused: string): string {
  if (error instanceof ApiProblem && error.status === 401) return refused;
  return error instanceof ApiProblem ? error.message : "The server could not be reached. Try again in a moment.";
}
