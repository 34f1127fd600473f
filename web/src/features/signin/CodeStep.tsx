import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { explain } from "./explain.ts";

interface CodeStepProps {
  readonly challenge: string;
  readonly onSignedIn: () => void;
  readonly onBack: () => void;
}

/** The second step: a code of the authenticator, or a recovery code. */
export function CodeStep({ challenge, onSignedIn, onBack }: CodeStepProps) {
  const { client } = useServices();
  const [hasLostIt, setLostIt] = useState(false);
  const step = useMutation({
    mutationFn: (code: string) => client.takeSecondStep(challenge, code),
    onSuccess: onSignedIn,
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!step.isPending) step.mutate(String(new FormData(event.currentTarget).get("code")));
  };
  return (
    <>
      <h2>Second step</h2>
      <Form onSubmit={submit}>
        {hasLostIt ? (
          <Field
            key="recovery"
            label="Recovery code"
            name="code"
            autoComplete="off"
            autoFocus
            isRequired
            description="One of the ten that you kept. It works once."
          />
        ) : (
          <Field
            key="code"
            label="Code"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            autoFocus
            isRequired
            description="The six digits that your authenticator shows now."
          />
        )}
        {step.error && (
          <p className="field-error" role="alert">
            {explain(step.error, "This code is wrong, was used before, or the sign-in took too long.")}
          </p>
        )}
        <Button type="submit" variant="primary">
          {step.isPending ? "Signing in…" : "Go on"}
        </Button>
      </Form>
      <div className="sign-in-others">
        <Button variant="quiet" onPress={() => setLostIt(!hasLostIt)}>
          {hasLostIt ? "Use the authenticator" : "Use a recovery code"}
        </Button>
        <Button variant="quiet" onPress={onBack}>
          Back
        </Button>
      </div>
    </>
  );
}
