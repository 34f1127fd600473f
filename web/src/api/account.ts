import type { Enrolment, MilepostClient } from "@milepost/sdk";

export interface NewPassword {
  readonly email: string;
  readonly code: string;
  readonly password: string;
}

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** What shows once more that an account is one's own. */
export interface Proof {
  readonly password: string;
  readonly code: string;
}

export function resetPassword(client: MilepostClient, body: NewPassword): Promise<undefined> {
  return client.post("/api/v1/auth/reset-password", { body });
}

export function changePassword(client: MilepostClient, body: PasswordChange): Promise<undefined> {
  return client.post("/api/v1/account/password", { body });
}

export function beginFactor(client: MilepostClient, password: string): Promise<Enrolment> {
  return client.post("/api/v1/account/second-factor", { body: { password } });
}

/** The recovery codes, which are shown this once. */
export async function confirmFactor(client: MilepostClient, code: string): Promise<readonly string[]> {
  return (await client.post("/api/v1/account/second-factor/confirm", { body: { code } })).codes;
}

export async function renewCodes(client: MilepostClient, body: Proof): Promise<readonly string[]> {
  return (await client.post("/api/v1/account/second-factor/recovery-codes", { body })).codes;
}

export function removeFactor(client: MilepostClient, body: Proof): Promise<undefined> {
  return client.post("/api/v1/account/second-factor/remove", { body });
}

/** Ends the session of this id, or with null all but the present one. */
export function endSessions(client: MilepostClient, sessionId: string | null, password: string): Promise<undefined> {
  return client.post("/api/v1/account/sessions/end", { body: { sessionId, password } });
}
