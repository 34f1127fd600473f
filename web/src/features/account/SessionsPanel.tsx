import { ApiProblem, type OpenSession } from "@milepost/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { endSessions } from "#api/account.ts";
import { sessionsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { Dialog } from "#ui/Dialog.tsx";
import { ago } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { Failure, Loading } from "#ui/Notice.tsx";
import { agentName } from "./agent.ts";

/** What is to end: a session by its id, or all but the present one. */
type Ending = { readonly id: string | null; readonly name: string };

/** Where the account is signed in; each session can be ended, and all others at once. */
export function SessionsPanel() {
  const { client } = useServices();
  const { data: sessions, isPending, error, refetch } = useQuery(sessionsQuery(client));
  const [ending, setEnding] = useState<Ending | null>(null);
  const others = sessions?.filter(({ present }) => !present).length ?? 0;
  return (
    <section className="box" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Signed in</h2>
      {isPending && <Loading what="sessions" />}
      {error && <Failure what="The sessions" error={error} onRetry={refetch} />}
      {sessions && (
        <ul className="sessions">
          {newestFirst(sessions).map((session) => (
            <SessionItem key={session.id} session={session} onEnd={(name) => setEnding({ id: session.id, name })} />
          ))}
        </ul>
      )}
      {others > 0 && (
        <div className="account-actions">
          <Button onPress={() => setEnding({ id: null, name: "all other sessions" })}>End all others…</Button>
        </div>
      )}
      {ending && <EndDialog {...ending} onClose={() => setEnding(null)} />}
    </section>
  );
}

function EndDialog({ id, name, onClose }: Ending & { readonly onClose: () => void }) {
  const { client } = useServices();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: (password: string) => endSessions(client, id, password),
    onSuccess: () => {
      onClose();
      return queries.invalidateQueries({ queryKey: ["account", "sessions"] });
    },
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!end.isPending) end.mutate(String(new FormData(event.currentTarget).get("password")));
  };
  const isWrong = end.error instanceof ApiProblem && end.error.code === "wrong_password";
  return (
    <Dialog title={`End ${name}?`} onClose={onClose}>
      <Form className="account-form" onSubmit={submit}>
        <Field
          label="Your password"
          name="password"
          type="password"
          autoComplete="current-password"
          autoFocus
          isRequired
          error={isWrong ? "This is not your password." : end.error?.message}
        />
        <div className="dialog-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={end.isPending}>
            End
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function newestFirst(sessions: readonly OpenSession[]): readonly OpenSession[] {
  return [...sessions].sort(
    (a, b) => Number(b.present) - Number(a.present) || b.lastUsedTime.localeCompare(a.lastUsedTime),
  );
}

interface SessionItemProps {
  readonly session: OpenSession;
  readonly onEnd: (name: string) => void;
}

function SessionItem({ session, onEnd }: SessionItemProps) {
  const now = useNow(10_000);
  const { address, createdAt, lastUsedTime, present, userAgent } = session;
  const name = agentName(userAgent);
  return (
    <li>
      <div>
        <strong>{name}</strong> {present && <span className="session-present">This one</span>}
        <p className="muted small num" title={userAgent}>
          {address || "An unknown address"} · last used {ago(lastUsedTime, now)} · signed in {ago(createdAt, now)}
        </p>
      </div>
      {!present && (
        <Button
          onPress={() => onEnd(`the session of ${name}`)}
          aria-label={`End the session of ${name}, last used ${ago(lastUsedTime, now)}`}
        >
          End…
        </Button>
      )}
    </li>
  );
}
