import type { OpenSession } from "@milepost/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { endOtherSessions, endSession } from "#api/account.ts";
import { sessionsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { ago } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { Failure, Loading } from "#ui/Notice.tsx";
import { agentName } from "./agent.ts";

/** Where the account is signed in; each session can be ended, and all others at once. */
export function SessionsPanel() {
  const { client } = useServices();
  const { data: sessions, isPending, error, refetch } = useQuery(sessionsQuery(client));
  const end = useEnd();
  const others = sessions?.filter(({ present }) => !present).length ?? 0;
  return (
    <section className="box" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Signed in</h2>
      {isPending && <Loading what="sessions" />}
      {error && <Failure what="The sessions" error={error} onRetry={refetch} />}
      {sessions && (
        <ul className="sessions">
          {newestFirst(sessions).map((session) => (
            <SessionItem key={session.id} session={session} onEnd={() => end.mutate(session.id)} />
          ))}
        </ul>
      )}
      {end.error && (
        <p className="field-error" role="alert">
          {end.error.message}
        </p>
      )}
      {others > 0 && (
        <div className="account-actions">
          <Button onPress={() => end.mutate(null)}>End all others</Button>
        </div>
      )}
    </section>
  );
}

/** Ends the session of this id, or with null all but the present one. */
function useEnd() {
  const { client } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string | null) => (id === null ? endOtherSessions(client) : endSession(client, id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["account", "sessions"] }),
  });
}

function newestFirst(sessions: readonly OpenSession[]): readonly OpenSession[] {
  return [...sessions].sort(
    (a, b) => Number(b.present) - Number(a.present) || b.lastUsedTime.localeCompare(a.lastUsedTime),
  );
}

function SessionItem({ session, onEnd }: { readonly session: OpenSession; readonly onEnd: () => void }) {
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
        <Button onPress={onEnd} aria-label={`End the session of ${name}, last used ${ago(lastUsedTime, now)}`}>
          End
        </Button>
      )}
    </li>
  );
}
