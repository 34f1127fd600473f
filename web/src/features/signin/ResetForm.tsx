import { useMutation } from "@tanstack/react-query";
import { Form } from "react-aria-components";
import { type NewPassword, resetPassword } from "#api/account.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { explain } from "./explain.ts";

interface ResetFormProps {
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** A new password, with the code that an administrator has given. */
export function ResetForm({ onDone, onBack }: ResetFormProps) {
  const { client } = useServices();
  const reset = useMutation({
    mutationFn: (body: NewPassword) => resetPassword(client, body),
    onSuccess: onDone,
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (reset.isPending) return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    reset.mutate({ email: text("email"), code: text("code"), password: text("password") });
  };
  return (
    <>
      <h2>A new password</h2>
      <p className="muted">Ask an administrator for a code. It is good once, for an hour.</p>
      <Form onSubmit={submit}>
        <Field label="E-mail" name="email" type="email" autoComplete="username" autoFocus isRequired />
        <Field label="Code" name="code" autoComplete="off" isRequired />
        <Field
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          isRequired
          description="8 characters or more; long is better than complicated."
        />
        {reset.error && (
          <p className="field-error" role="alert">
            {explain(reset.error, "This code is wrong, was used, or has expired.")}
          </p>
        )}
        <Button type="submit" variant="primary">
          {reset.isPending ? "Setting…" : "Set the password"}
        </Button>
      </Form>
      <Button variant="quiet" onPress={onBack}>
        Back
      </Button>
    </>
  );
}
