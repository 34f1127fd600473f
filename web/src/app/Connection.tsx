import type { LiveStatus } from "@milepost/sdk";
import { useSyncExternalStore } from "react";
import { useServices } from "#api/services.ts";

const WORDS: Readonly<Record<LiveStatus, string>> = {
  idle: "Not connected",
  connecting: "Connecting",
  open: "Live",
  waiting: "Reconnecting",
};

/** Whether what is shown is live. */
export function Connection() {
  const { live } = useServices();
  const status = useSyncExternalStore(
    (listener) => live.onStatus(listener),
    () => live.status,
  );
  return (
    <span className="connection" data-status={status} role="status">
      <span className="connection-dot" aria-hidden="true" />
      <span className="connection-word">{WORDS[status]}</span>
    </span>
  );
}
