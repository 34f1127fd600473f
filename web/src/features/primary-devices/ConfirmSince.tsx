import type { Device } from "@milepost/sdk";
import { Button } from "#ui/controls.tsx";
import { dateTime } from "#ui/format.ts";
import { deviceName, sentence } from "./primary.ts";

interface ConfirmSinceProps {
  readonly device: Device;
  readonly since: string;
  /** The server's question. */
  readonly detail: string;
  readonly leftS: number;
  readonly isPending: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** The server's question; the focus begins on what changes nothing. */
export function ConfirmSince({ device, since, detail, leftS, isPending, onYes, onNo }: ConfirmSinceProps) {
  return (
    <>
      <p>
        <strong>{deviceName(device)}</strong> counts from {dateTime(since)} on. Trips and totals since then change.
      </p>
      <p>{sentence(detail)}</p>
      <p className="muted small">{Math.ceil(leftS)} s left.</p>
      <div className="dialog-actions">
        <Button autoFocus onPress={onNo}>
          Cancel
        </Button>
        <Button variant="primary" isPending={isPending} onPress={onYes}>
          Draw history anew
        </Button>
      </div>
    </>
  );
}
