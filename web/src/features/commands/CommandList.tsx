import type { Device } from "@milepost/sdk";
import { useInfiniteQuery } from "@tanstack/react-query";
import { commandsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { Failure, Loading } from "#ui/Notice.tsx";
import { CommandEntry } from "./CommandEntry.tsx";
import { isOpen } from "./words.ts";

// The live connection tells changes at once; this is for what it cannot tell.
const OPEN_EVERY_MS = 5_000;
const QUIET_EVERY_MS = 30_000;

/** The queue and the history of a device's commands, the newest first. */
export function CommandList({ device }: { readonly device: Device }) {
  const { client } = useServices();
  const list = useInfiniteQuery({
    ...commandsQuery(client, device.id),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some((run) => isOpen(run.state))) ? OPEN_EVERY_MS : QUIET_EVERY_MS,
  });
  if (list.isPending) return <Loading what="commands" />;
  if (list.error) return <Failure what="The commands" error={list.error} onRetry={list.refetch} />;
  const runs = list.data.pages.flatMap(({ items }) => items);
  return (
    <div className="runs-part">
      <h3>Queue and history</h3>
      {runs.length === 0 && <p className="muted small">It has not been told anything yet.</p>}
      <ul className="runs">
        {runs.map((run) => (
          <CommandEntry key={run.id} run={run} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
          Older commands
        </Button>
      )}
    </div>
  );
}
