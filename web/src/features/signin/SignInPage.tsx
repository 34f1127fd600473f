import { ApiProblem } from "@milepost/sdk";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Form } from "react-aria-components";
import { configQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { useTitle } from "#ui/hooks.ts";
import { Logo } from "#ui/Logo.tsx";
import "./signin.css";

interface Credentials {
  readonly email: string;
  readonly password: string;
}

export function SignInPage() {
  useTitle("Sign in");
  const { client } = useServices();
  const { data: config, isPending } = useQuery(configQuery(client));
  const signIn = useSignIn();
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (signIn.isPending) return;
    const form = new FormData(event.currentTarget);
    signIn.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  if (isPending) return <main className="sign-in" aria-busy="true" />;
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>
          <Logo /> Milepost
        </h1>
        <p className="muted">Sign in to see your fleet.</p>
        {config?.demo && <Demo {...config.demo} busy={signIn.isPending} onUse={signIn.mutate} />}
        <Form onSubmit={submit}>
          <Field label="E-mail" name="email" type="email" autoComplete="username" isRequired />
          <Field label="Password" name="password" type="password" autoComplete="current-password" isRequired />
          {signIn.error && (
            <p className="field-error" role="alert">
              {explain(signIn.error)}
            </p>
          )}
          <Button type="submit" variant={config?.demo ? "plain" : "primary"}>
            {signIn.isPending ? "Signing in…" : "Sign in"}
          </Button>
        </Form>
      </div>
    </main>
  );
}

function useSignIn() {
  const { client } = useServices();
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  return useMutation({
    mutationFn: ({ email, password }: Credentials) => client.signIn(email, password),
    onSuccess: () => navigate({ href: isOwnPath(next) ? next : "/" }),
  });
}

/** Only a path of this app is gone to after signing in, whatever the address says. */
function isOwnPath(next: string | undefined): next is string {
  return next !== undefined && /^\/(?![/\\])/.test(next);
}

function explain(error: Error): string {
  if (error instanceof ApiProblem && error.status === 401) return "This e-mail and password do not match.";
  return error instanceof ApiProblem ? error.message : "The server could not be reached. Try again in a moment.";
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
