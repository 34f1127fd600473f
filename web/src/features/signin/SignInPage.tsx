import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { configQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { useTitle } from "#ui/hooks.ts";
import { Logo } from "#ui/Logo.tsx";
import { CodeStep } from "./CodeStep.tsx";
import { PasswordStep } from "./PasswordStep.tsx";
import { ResetForm } from "./ResetForm.tsx";
import "./signin.css";

/** What the card shows: the password, the code after it, or a new password with a code. */
type Step = { readonly at: "password" | "reset" | "done" } | { readonly at: "code"; readonly challenge: string };

export function SignInPage() {
  useTitle("Sign in");
  const { client } = useServices();
  const { data: config, isPending } = useQuery(configQuery(client));
  const [step, setStep] = useState<Step>({ at: "password" });
  const enter = useEnter();
  if (isPending) return <main className="sign-in" aria-busy="true" />;
  const back = () => setStep({ at: "password" });
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>
          <Logo /> Milepost
        </h1>
        {step.at === "code" && <CodeStep challenge={step.challenge} onSignedIn={enter} onBack={back} />}
        {step.at === "reset" && <ResetForm onDone={() => setStep({ at: "done" })} onBack={back} />}
        {(step.at === "password" || step.at === "done") && (
          <PasswordStep
            demo={config?.demo ?? null}
            isReset={step.at === "done"}
            onSignedIn={enter}
            onChallenge={(challenge) => setStep({ at: "code", challenge })}
            onForgotten={() => setStep({ at: "reset" })}
          />
        )}
      </div>
    </main>
  );
}

/** Goes to where the sign-in was asked for. */
function useEnter(): () => void {
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  return () => void navigate({ href: isOwnPath(next) ? next : "/" });
}

/** Only a path of this app is gone to after signing in, whatever the address says. */
function isOwnPath(next: string | undefined): next is string {
  return next !== undefined && /^\/(?![/\\])/.test(next);
}
