import type { Reprocessing } from "@milepost/sdk";
import { progressWords } from "./primary.ts";

/** How far history is drawn anew. */
export function Redrawing({ redrawing }: { readonly redrawing: Reprocessing | null }) {
  return (
    <div className="redrawing small" role="status">
      {redrawing && (
        <>
          {redrawing.finishedTime === null && (
            <progress
              aria-label="Devices drawn anew"
              max={Math.max(1, redrawing.devices)}
              value={Math.min(redrawing.devicesDone, redrawing.devices)}
            />
          )}
          <p>{progressWords(redrawing)}</p>
        </>
      )}
    </div>
  );
}
