import { ApiProblem, type PublicConfig } from "@milepost/sdk";
import { useMutation } from "@tanstack/react-query";
import { Form } from "react-aria-components";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { explain } from "./explain.ts";

interface Credentials {
  readonly email: string;
  readonly password: string;
}

interface PasswordStepProps {
  readonly demo: PublicConfig["demo"];
  /** A new password has just been set. */
  readonly isReset: boolean;
  readonly onSignedIn: () => void;
  readonly onChallenge: (challenge: string) => void;
  readonly onForgotten: () => void;
}

export function PasswordStep({ demo, isReset, onSignedIn, onChallenge, onForgotten }: PasswordStepProps) {
  const { client } = useServices();
  const signIn = useMutation({
    mutationFn: ({ email, password }: Credentials) => client.signIn(email, password),
    onSuccess: onSignedIn,
    onError: (error) => {
      if (error instanceof ApiProblem && error.challenge) onChallenge(error.challenge.token);
    },
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (signIn.isPending) return;
    const form = new FormData(event.currentTarget);
    signIn.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  return (
    <>
      <p className="muted" role={isReset ? "status" : undefined}>
        {isReset ? "The new password is set. Sign in with it." : "Sign in to see your fleet."}
      </p>
      {demo && <Demo {...demo} busy={signIn.isPending} onUse={signIn.mutate} />}
      <Form onSubmit={submit}>
        <Field label="E-mail" name="email" type="email" autoComplete="username" isRequired />
        <Field label="Password" name="password" type="password" autoComplete="current-password" isRequired />
        {signIn.error && (
          <p className="field-error" role="alert">
            {explain(signIn.error, "This e-mail and password do not match.")}
          </p>
        )}
        <Button type="submit" variant={demo ? "plain" : "primary"}>
          {signIn.isPending ? "Signing in…" : "Sign in"}
        </Button>
      </Form>
      <Button variant="quiet" onPress={onForgotten}>
        Forgotten your password?
      </Button>
    </>
  );
}

interface DemoProps extends Credentials {
  readonly busy: boolean;
  readonly onUse: (credentials: Credentials) => void;
}

function Demo({ email, password, busy, onUse }: DemoProps) {
  return (
    <section className="sign-in-demo" aria-labelledby="demo">
      <h2 id="demo">This is the demo fleet</h2>
      <p>
        <code>{email}</code> <code>{password}</code>
      </p>
      <Button variant="primary" onPress={() => busy || onUse({ email, password })}>
        Sign in to the demo
      </Button>
    </section>
  );
}
