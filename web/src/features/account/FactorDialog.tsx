import { useMutation } from "@tanstack/react-query";
import { Form } from "react-aria-components";
import { type Proof, removeFactor, renewCodes } from "#api/account.ts";
import { useServices } from "#api/services.ts";
import { Button, Field } from "#ui/controls.tsx";
import { Dialog } from "#ui/Dialog.tsx";

/** What takes the password and a code once more. */
export type FactorTask = "renew" | "remove";

interface FactorDialogProps {
  readonly task: FactorTask;
  readonly onClose: () => void;
  /** With the new recovery codes, if they were asked for. */
  readonly onDone: (codes: readonly string[] | null) => void;
}

const WORDS: Readonly<Record<FactorTask, { title: string; about: string; yes: string }>> = {
  renew: {
    title: "New recovery codes",
    about: "You get ten new codes. Those that are left are good no more.",
    yes: "Make new codes",
  },
  remove: {
    title: "Turn off the second factor?",
    about: "Whoever knows your password can then sign in as you. Turn it off and on again to move to another phone.",
    yes: "Turn off",
  },
};

export function FactorDialog({ task, onClose, onDone }: FactorDialogProps) {
  const { client } = useServices();
  const { title, about, yes } = WORDS[task];
  const act = useMutation({
    mutationFn: async (proof: Proof) => {
      if (task === "renew") return renewCodes(client, proof);
      await removeFactor(client, proof);
      return null;
    },
    onSuccess: onDone,
  });
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (act.isPending) return;
    const data = new FormData(event.currentTarget);
    act.mutate({ password: String(data.get("password")), code: String(data.get("code")) });
  };
  return (
    <Dialog title={title} onClose={onClose} isDangerous={task === "remove"}>
      <p>{about}</p>
      <Form className="account-form" onSubmit={submit}>
        <Field
          label="Your password"
          name="password"
          type="password"
          autoComplete="current-password"
          autoFocus
          isRequired
        />
        <Field
          label="Code"
          name="code"
          autoComplete="one-time-code"
          isRequired
          description="Of the authenticator, or a recovery code."
        />
        {act.error && (
          <p className="field-error" role="alert">
            {act.error.message}
          </p>
        )}
        <div className="dialog-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant={task === "remove" ? "danger" : "primary"} isPending={act.isPending}>
            {yes}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
