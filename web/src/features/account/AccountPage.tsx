import { usePermissions } from "#api/permissions.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { useTitle } from "#ui/hooks.ts";
import { PasswordPanel } from "./PasswordPanel.tsx";
import { SecondFactorPanel } from "./SecondFactorPanel.tsx";
import { SessionsPanel } from "./SessionsPanel.tsx";
import "./account.css";

/** One's own account: password, second factor, and where one is signed in. */
export function AccountPage() {
  useTitle("Your account");
  const { client } = useServices();
  const { caller, role } = usePermissions();
  return (
    <div className="account">
      <div>
        <h1>Your account</h1>
        {caller?.user && (
          <p className="muted account-who">
            {caller.user.name}, {caller.user.email}: {role} of {caller.tenant.name}
          </p>
        )}
      </div>
      <PasswordPanel />
      <SecondFactorPanel />
      <SessionsPanel />
      <div className="account-sign-out">
        <Button onPress={() => void client.signOut()}>Sign out</Button>
      </div>
    </div>
  );
}
