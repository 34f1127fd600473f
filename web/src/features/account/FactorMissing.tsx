import { useTitle } from "#ui/hooks.ts";
import { SecondFactorPanel } from "./SecondFactorPanel.tsx";
import "./account.css";

/** All that is open to someone whose tenant asks for a second factor that they do not have yet. */
export function FactorMissing() {
  useTitle("Second factor");
  return (
    <div className="account">
      <div>
        <h1>One more thing before you go on</h1>
        <p className="muted">Your organisation asks for a second factor. Turn yours on to see your fleet.</p>
      </div>
      <SecondFactorPanel />
    </div>
  );
}
