import { Button } from "#ui/controls.tsx";
import { useNow } from "#ui/hooks.ts";
import { deviceName, type Silence, silenceWords } from "./primary.ts";

interface SilentPrimaryProps {
  readonly silence: Silence;
  /** Null for who may not change it. */
  readonly onLet: (() => void) | null;
}

/** The device that counts has fallen silent: what another one drives meanwhile is lost to the totals. */
export function SilentPrimary({ silence, onLet }: SilentPrimaryProps) {
  const now = useNow(60_000);
  return (
    <div className="hint silent-primary small">
      <p>{silenceWords(silence, now)}</p>
      {onLet && <Button onPress={onLet}>Let {deviceName(silence.heard)} count…</Button>}
    </div>
  );
}
