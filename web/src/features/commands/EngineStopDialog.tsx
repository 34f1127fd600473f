import type { Command, Confirmation, Device } from "@milepost/sdk";
import { useEffect, useRef, useState } from "react";
import { Checkbox } from "react-aria-components";
import { confirmationOf, tokenOf } from "#api/confirmation.ts";
import { Button } from "#ui/controls.tsx";
import { Dialog } from "#ui/Dialog.tsx";
import { clock, duration } from "#ui/format.ts";
import { useNow } from "#ui/hooks.ts";
import { useSending } from "./useSending.ts";
import { VehicleNow } from "./VehicleNow.tsx";
import { commandTitle } from "./words.ts";

interface EngineStopDialogProps {
  readonly device: Device;
  readonly command: Command;
  /** Seconds that it may wait to be sent. */
  readonly expiresInS: number;
  /** What the server already asks to be confirmed; null begins with the first step. */
  readonly confirmation: Confirmation | null;
  readonly onClose: () => void;
}

/**
 * Stops an engine in two steps: the first asks the server, which looks at the vehicle and answers with
 * a token; the second sends the token while it is good.
 */
export function EngineStopDialog({ device, command, expiresInS, confirmation, onClose }: EngineStopDialogProps) {
  const asking = useSending(device);
  const confirming = useSending(device);
  const [token, setToken] = useState(() => tokenOf(confirmation));
  const now = useNow(1_000);
  const isSecond = token !== null && now < token.untilMs;
  const ask = () => {
    confirming.reset();
    const onError = (error: Error) => setToken(tokenOf(confirmationOf(error)));
    asking.mutate({ command, expiresInS }, { onSuccess: onClose, onError });
  };
  const confirm = () => {
    if (!token) return;
    const asked = { command, expiresInS, confirm: token.text };
    confirming.mutate(asked, { onSuccess: onClose, onError: () => setToken(null) });
  };
  const refusal = confirming.error ?? (confirmationOf(asking.error) ? null : asking.error);
  return (
    <Dialog title={isSecond ? "Stop the engine: are you sure?" : "Stop the engine"} onClose={onClose} isDangerous>
      <VehicleNow device={device} />
      {command.kind !== "engine_stop" && (
        <p>“{commandTitle(command)}” is what this device's engine stop says, so it is treated as one.</p>
      )}
      {isSecond ? (
        <Second leftS={(token.untilMs - now) / 1000} isPending={confirming.isPending} onYes={confirm} onNo={onClose} />
      ) : (
        <First
          expiresInS={expiresInS}
          refusal={refusal}
          isLate={token !== null}
          isPending={asking.isPending}
          onNext={ask}
          onNo={onClose}
        />
      )}
    </Dialog>
  );
}

interface FirstProps {
  readonly expiresInS: number;
  readonly refusal: Error | null;
  readonly isLate: boolean;
  readonly isPending: boolean;
  readonly onNext: () => void;
  readonly onNo: () => void;
}

function First({ expiresInS, refusal, isLate, isPending, onNext, onNo }: FirstProps) {
  const untilMs = useNow(10_000) + expiresInS * 1000;
  return (
    <>
      <ul>
        <li>The tracker cuts the engine off: its starter, fuel pump or ignition, as its relay is wired.</li>
        <li>It is sent once the device is connected and a fresh report shows the vehicle slow enough, not before.</li>
        <li>
          What has not been sent by {clock(untilMs)} (in {duration(expiresInS)}) expires.
        </li>
        <li>Who stopped it is kept in the audit.</li>
      </ul>
      {refusal && (
        <p className="field-error" role="alert">
          Refused: {refusal.message}
        </p>
      )}
      {isLate && !refusal && (
        <p className="field-error" role="alert">
          The confirmation came too late. Begin again.
        </p>
      )}
      <div className="dialog-actions">
        <Button autoFocus onPress={onNo}>
          Cancel
        </Button>
        <Button variant="danger" isPending={isPending} onPress={onNext}>
          Go on…
        </Button>
      </div>
    </>
  );
}

interface SecondProps {
  readonly leftS: number;
  readonly isPending: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** What is ticked first keeps a double click on the first step from being the second. */
function Second({ leftS, isPending, onYes, onNo }: SecondProps) {
  const [isSafe, setSafe] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <>
      <Checkbox inputRef={box} className="check" isSelected={isSafe} onChange={setSafe}>
        <span className="check-box" aria-hidden="true" />
        The vehicle stands, or may safely come to a halt where it is.
      </Checkbox>
      <p className="muted small">To be confirmed within {Math.ceil(leftS)} s.</p>
      <div className="dialog-actions">
        <Button onPress={onNo}>Keep it running</Button>
        <Button variant="danger" isDisabled={!isSafe} isPending={isPending} onPress={onYes}>
          Stop the engine
        </Button>
      </div>
    </>
  );
}
