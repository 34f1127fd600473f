import type { Device } from "@milepost/sdk";
import { useState } from "react";
import { confirmationOf, type Token, tokenOf } from "#api/confirmation.ts";
import { Dialog } from "#ui/Dialog.tsx";
import { useNow } from "#ui/hooks.ts";
import { ConfirmSince } from "./ConfirmSince.tsx";
import { deviceName, momentText } from "./primary.ts";
import { type Choice, SinceForm } from "./SinceForm.tsx";
import { useLettingNow, useLettingSince } from "./useLetting.ts";

interface LetCountDialogProps {
  readonly vehicleId: string;
  readonly device: Device;
  /** The time to offer: when the device that counts was last heard, if it has fallen silent. */
  readonly offered: string | null;
  readonly onClose: () => void;
  /** It counts now. */
  readonly onDone: () => void;
}

interface Asked {
  readonly since: string;
  /** The server's question. */
  readonly detail: string;
  readonly token: Token;
}

/**
 * Lets a device count for the vehicle's trips and totals. What reaches into the past is asked of the
 * server first, which answers how much it draws anew and with a token that confirms it for a while.
 */
export function LetCountDialog({ vehicleId, device, offered, onClose, onDone }: LetCountDialogProps) {
  const now = useNow(1_000);
  const [choice, setChoice] = useState<Choice>(() => ({
    kind: offered ? "past" : "now",
    text: offered ? momentText(offered) : "",
  }));
  const [asked, setAsked] = useState<Asked | null>(null);
  const lettingNow = useLettingNow(vehicleId, device.id);
  const asking = useLettingSince(vehicleId, device.id);
  const confirming = useLettingSince(vehicleId, device.id);
  const ask = (since: string) => {
    lettingNow.reset();
    confirming.reset();
    asking.mutate(
      { since },
      {
        onSuccess: onDone,
        onError: (error) => {
          const token = tokenOf(confirmationOf(error));
          setAsked(token && { since, detail: error.message, token });
        },
      },
    );
  };
  const letNow = () => {
    asking.reset();
    confirming.reset();
    setAsked(null);
    lettingNow.mutate(undefined, { onSuccess: onDone });
  };
  const confirm = ({ since, token }: Asked) =>
    confirming.mutate({ since, confirm: token.text }, { onSuccess: onDone, onError: () => setAsked(null) });
  const isSecond = asked !== null && now < asked.token.untilMs;
  const refusal = confirming.error ?? lettingNow.error ?? (confirmationOf(asking.error) ? null : asking.error);
  return (
    <Dialog title={isSecond ? "Draw history anew?" : `Let ${deviceName(device)} count`} onClose={onClose}>
      {isSecond ? (
        <ConfirmSince
          device={device}
          since={asked.since}
          detail={asked.detail}
          leftS={(asked.token.untilMs - now) / 1000}
          isPending={confirming.isPending}
          onYes={() => confirm(asked)}
          onNo={onClose}
        />
      ) : (
        <SinceForm
          choice={choice}
          onChoice={setChoice}
          isLate={asked !== null}
          refusal={refusal}
          isPending={lettingNow.isPending || asking.isPending}
          onNow={letNow}
          onSince={ask}
          onNo={onClose}
        />
      )}
    </Dialog>
  );
}
