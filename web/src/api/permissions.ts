import type { Caller } from "@milepost/sdk";
import { useQuery } from "@tanstack/react-query";
import { callerQuery } from "./queries.ts";
import { useServices } from "./services.ts";

export type Permission = Caller["permissions"][number];

export interface Permissions {
  /** Null until it is known. */
  readonly caller: Caller | null;
  readonly may: (permission: Permission) => boolean;
  /** The caller's role in words; empty until it is known. */
  readonly role: string;
}

/** What the caller may do; nothing until that is known. The server decides, this only explains. */
export function usePermissions(): Permissions {
  const { client } = useServices();
  const { data: caller = null } = useQuery(callerQuery(client));
  return {
    caller,
    may: (permission) => caller?.permissions.includes(permission) ?? false,
    role: caller?.role.replaceAll("_", " ") ?? "",
  };
}
