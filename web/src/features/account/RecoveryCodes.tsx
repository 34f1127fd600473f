import { Button } from "#ui/controls.tsx";
import { saveFile } from "#ui/files.ts";

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onKept: () => void;
}

/** The codes for the day the authenticator is lost; they are never shown again. */
export function RecoveryCodes({ codes, onKept }: RecoveryCodesProps) {
  return (
    <div className="account-codes">
      <p role="status">
        The second factor is on. Keep these codes where you keep what must not be lost: each opens your account once,
        without the authenticator. They are not shown again.
      </p>
      <ul aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="account-actions">
        <Button variant="primary" autoFocus onPress={onKept}>
          I have kept them
        </Button>
        <Button onPress={() => saveFile(new Blob([`${codes.join("\n")}\n`]), "milepost-recovery-codes.txt")}>
          Download
        </Button>
      </div>
    </div>
  );
}
