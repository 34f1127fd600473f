import type { CommandView } from "@milepost/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { cancelCommand } from "#api/device-commands.ts";
import { usePermissions } from "#api/permissions.ts";
import { commandQuery, commandsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { ago, clock, clockSeconds, dateTime } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { commandTitle, STATE_TITLES, stateSentence, whoWords } from "./words.ts";

/** One command: how far it has come, why, and what the device answered. */
export function CommandEntry({ run }: { readonly run: CommandView }) {
  const now = useNow(10_000);
  const { caller } = usePermissions();
  const { state, reply, createdAt, expiresAt } = run;
  return (
    <li className="run" data-state={state}>
      <div className="run-head">
        <strong className="run-title">{commandTitle(run.command)}</strong>
        <span className="run-state" role="status">
          {STATE_TITLES[state]}
        </span>
      </div>
      <p className="small">{stateSentence(run)}</p>
      {reply !== null && (
        <p className="run-reply">
          <span className="muted small">The device: </span>
          <code>{reply}</code>
        </p>
      )}
      <p className="muted small">
        Asked for by {whoWords(run.who, caller)}, <span title={dateTime(createdAt)}>{ago(createdAt, now)}</span>
        {state === "pending" && `; expires at ${clock(expiresAt)}`}
      </p>
      {state === "pending" && <Cancel run={run} />}
      <History run={run} />
    </li>
  );
}

function Cancel({ run }: { readonly run: CommandView }) {
  const { client } = useServices();
  const queries = useQueryClient();
  const { may } = usePermissions();
  const cancel = useMutation({
    mutationFn: () => cancelCommand(client, run.deviceId, run.id),
    onSettled: () => queries.invalidateQueries({ queryKey: commandsQuery(client, run.deviceId).queryKey }),
  });
  if (!may("send_commands")) return null;
  return (
    <div className="run-cancel">
      <Button
        aria-label={`Take back: ${commandTitle(run.command)}`}
        isPending={cancel.isPending}
        onPress={() => cancel.mutate()}
      >
        Take back
      </Button>
      {cancel.error && (
        <span className="field-error" role="alert">
          {cancel.error.message}
        </span>
      )}
    </div>
  );
}

function History({ run }: { readonly run: CommandView }) {
  const [isShown, setShown] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
      <summary className="disclosure">Every change</summary>
      {isShown && <Steps run={run} />}
    </details>
  );
}

function Steps({ run }: { readonly run: CommandView }) {
  const { client } = useServices();
  const { caller } = usePermissions();
  const { data, error } = useQuery(commandQuery(client, run.deviceId, run.id));
  if (error) return <p className="field-error">{error.message}</p>;
  return (
    <ol className="steps">
      {data?.history.map(({ time, state, attempt, who, reason }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added, and have no other name
        <li key={index}>
          <time className="num" dateTime={time} title={dateTime(time)}>
            {clockSeconds(Date.parse(time))}
          </time>
          <span>
            <strong>{STATE_TITLES[state]}</strong>
            {attempt > 1 && `, attempt ${attempt}`}
            {reason && `: ${reason}`}
            <span className="muted"> – {whoWords(who, caller)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
