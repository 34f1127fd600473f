import { ApiProblem, type Enrolment as Setup } from "@milepost/sdk";
import { useMutation } from "@tanstack/react-query";
import { Form } from "react-aria-components";
import { beginFactor, confirmFactor } from "#api/account.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";

interface EnrolmentProps {
  readonly onEnrolled: (recoveryCodes: readonly string[]) => void;
  readonly onCancel: () => void;
}

/** First the password, then the QR code and the first code that the authenticator shows. */
export function Enrolment({ onEnrolled, onCancel }: EnrolmentProps) {
  const { client } = useServices();
  const begin = useMutation({ mutationFn: (password: string) => beginFactor(client, password) });
  const confirm = useMutation({ mutationFn: (code: string) => confirmFactor(client, code), onSuccess: onEnrolled });
  return begin.data ? (
    <OneField
      key="code"
      error={confirm.error}
      refused="This is not the code that the authenticator shows now."
      isPending={confirm.isPending}
      onSubmit={confirm.mutate}
      onCancel={onCancel}
      label="Code"
      description="The six digits that the authenticator shows now."
      autoComplete="one-time-code"
      inputMode="numeric"
    >
      <SetUp setup={begin.data} />
    </OneField>
  ) : (
    <OneField
      key="password"
      error={begin.error}
      refused="This is not your password."
      isPending={begin.isPending}
      onSubmit={begin.mutate}
      onCancel={onCancel}
      label="Your password"
      type="password"
      autoComplete="current-password"
    />
  );
}

function SetUp({ setup }: { readonly setup: Setup }) {
  return (
    <div className="account-setup">
      <img
        className="account-qr"
        src={`data:image/svg+xml,${encodeURIComponent(setup.qrSvg)}`}
        alt="QR code for an authenticator app"
      />
      <div>
        <p>Scan this with an authenticator app, or type the key into it:</p>
        <p className="account-key">{setup.secret.match(/.{1,4}/g)?.join(" ")}</p>
      </div>
    </div>
  );
}

interface OneFieldProps {
  readonly label: string;
  readonly description?: string;
  readonly type?: string;
  readonly inputMode?: "numeric";
  readonly autoComplete: string;
  readonly error: Error | null;
  /** What is said when the server refuses what was typed. */
  readonly refused: string;
  readonly isPending: boolean;
  readonly onSubmit: (text: string) => void;
  readonly onCancel: () => void;
  readonly children?: React.ReactNode;
}

function OneField({ error, refused, isPending, onSubmit, onCancel, children, ...field }: OneFieldProps) {
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!isPending) onSubmit(String(new FormData(event.currentTarget).get("text")));
  };
  const isRefused = error instanceof ApiProblem && error.status === 403;
  return (
    <Form className="account-form" onSubmit={submit}>
      {children}
      <Field
        {...field}
        name="text"
        autoFocus
        isRequired
        error={error ? (isRefused ? refused : error.message) : undefined}
      />
      <div className="account-actions">
        <Button type="submit" variant="primary">
          Go on
        </Button>
        <Button onPress={onCancel}>Cancel</Button>
      </div>
    </Form>
  );
}
