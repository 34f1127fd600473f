import { usePermissions } from "#api/permissions.ts";
import { useTitle } from "#ui/hooks.ts";
import { PasswordPanel } from "./PasswordPanel.tsx";
import { SecondFactorPanel } from "./SecondFactorPanel.tsx";
import { SessionsPanel } from "./SessionsPanel.tsx";
import "./account.css";

/** One's own account: password, second factor, and where one is signed in. */
export function AccountPage() {
  useTitle("Your account");
  const { caller, role } = usePermissions();
  return (
    <div className="account">
      <div>
        <h1>Your account</h1>
        {caller?.user && (
          <p className="muted">
            {caller.user.name}, {caller.user.email}: {role} of {caller.tenant.name}
          </p>
        )}
      </div>
      <PasswordPanel />
      <SecondFactorPanel />
      <SessionsPanel />
    </div>
  );
}
