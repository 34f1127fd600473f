import { ApiProblem } from "@milepost/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { Form } from "react-aria-components";
import { changePassword, type PasswordChange } from "#api/account.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";

export function PasswordPanel() {
  const form = useRef<HTMLFormElement>(null);
  const { client } = useServices();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (body: PasswordChange) => changePassword(client, body),
    onSuccess: () => {
      form.current?.reset();
      return queries.invalidateQueries({ queryKey: ["account", "sessions"] });
    },
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (change.isPending) return;
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? "");
    change.mutate({ currentPassword: text("current"), newPassword: text("new") });
  };
  const wrong = change.error instanceof ApiProblem && change.error.code === "wrong_password";
  return (
    <section className="box" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <Form ref={form} className="account-form" onSubmit={submit}>
        <Field
          label="Present password"
          name="current"
          type="password"
          autoComplete="current-password"
          isRequired
          error={wrong ? "This is not your present password." : undefined}
        />
        <Field
          label="New password"
          name="new"
          type="password"
          autoComplete="new-password"
          isRequired
          description="8 characters or more; long is better than complicated. You stay signed in here and nowhere else."
          error={change.error && !wrong ? change.error.message : undefined}
        />
        <Button type="submit" variant="primary">
          {change.isPending ? "Changing…" : "Change the password"}
        </Button>
      </Form>
      <p role="status" className="muted small">
        {change.isSuccess && "The password is changed."}
      </p>
    </section>
  );
}
