import { ApiProblem, type Device, type Protocol, type Tagged } from "@milepost/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeDevice } from "#api/devices.ts";
import { deviceQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { type Draft, isEmpty, patchOf, type Settings, settingsOf, touchesSame } from "./settings.ts";

/**
 * The form's state: what the server has, with what was changed here above it. If someone else changed
 * the same fields since this change began, saving is refused once, the new values are shown under what
 * was changed here, and saving again applies it.
 */
export function useSettings(tagged: Tagged<Device>, protocols: readonly Protocol[]) {
  const device = tagged.value;
  const { client } = useServices();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>({});
  const [base, setBase] = useState(tagged);
  const patch = patchOf(device, draft, protocols);
  const isChanged = !isEmpty(patch);
  const refresh = () => queries.fetchQuery({ ...deviceQuery(client, device.id), staleTime: 0 });
  const save = useMutation({
    mutationFn: () =>
      changeDevice(client, device.id, touchesSame(patch, base.value, device) ? base.etag : tagged.etag, patch),
    onSuccess: async () => {
      await refresh();
      setDraft({});
      void queries.invalidateQueries({ queryKey: ["devices"] });
    },
    onError: async (error) => {
      if (isStale(error)) setBase(await refresh());
    },
  });
  return {
    values: { ...settingsOf(device), ...draft } satisfies Settings,
    isChanged,
    save,
    change: (more: Draft) => {
      if (!isChanged) setBase(tagged);
      save.reset();
      setDraft((known) => ({ ...known, ...more }));
    },
    discard: () => {
      save.reset();
      setDraft({});
    },
  };
}

export function isStale(error: Error | null): boolean {
  return error instanceof ApiProblem && error.status === 412;
}

/** What a refusal says of one field; options are refused together. */
export function fieldError(error: Error | null, field: keyof Settings): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  if (field === "uniqueId" && error.status === 409) return error.message;
  return error.errors.find((invalid) => invalid.field.split(/[.[]/)[0] === field)?.detail;
}
