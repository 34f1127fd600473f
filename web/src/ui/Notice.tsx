import type { ReactNode } from "react";
import { Button } from "./controls.tsx";

/** What a screen says when it has nothing to show. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="notice">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="notice" role="status">
      <span className="spinner" aria-hidden="true" />
      Loading {what}…
    </div>
  );
}

export function Failure({
  what,
  error,
  onRetry,
}: {
  readonly what: string;
  readonly error: Error;
  readonly onRetry: () => void;
}) {
  return (
    <div className="notice" role="alert">
      <h2>{what} could not be loaded</h2>
      <p>{error.message}</p>
      <Button onPress={onRetry}>Try again</Button>
    </div>
  );
}
