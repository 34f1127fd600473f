import { useBlocker } from "@tanstack/react-router";
import { Confirm } from "#ui/Dialog.tsx";

/** Asks before changes that are not saved are left behind; the browser itself asks for what it closes. */
export function LeaveGuard({ isChanged }: { readonly isChanged: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => isChanged && current.pathname !== next.pathname,
    enableBeforeUnload: () => isChanged,
    withResolver: true,
  });
  if (status !== "blocked") return null;
  return (
    <Confirm title="Leave without saving?" yes="Leave" no="Stay here" onYes={proceed} onNo={reset}>
      <p>What you changed in the device's settings is not saved.</p>
    </Confirm>
  );
}
