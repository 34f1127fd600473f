import type { Command, Confirmation, Device, SupportedCommand } from "@milepost/sdk";
import { useState } from "react";
import { Form } from "react-aria-components";
import { confirmationOf } from "#api/confirmation.ts";
import { Button, Field } from "#ui/controls.tsx";
import { Select } from "#ui/fields.tsx";
import { EngineStopDialog } from "./EngineStopDialog.tsx";
import { fieldOf, readCommand } from "./parameters.ts";
import { type Asked, useSending } from "./useSending.ts";
import { commandTitle, KIND_TITLES, lifetimeWords } from "./words.ts";

interface CommandFormProps {
  readonly device: Device;
  readonly items: readonly SupportedCommand[];
}

const LIFETIMES_S = [60, 600, 3600, 24 * 3600, 7 * 24 * 3600];

/** A command with its values; one that turns out to stop the engine has to be confirmed like that. */
export function CommandForm({ device, items }: CommandFormProps) {
  const form = useCommandForm(device, items);
  const { chosen, entered, errors, lifetime, send, confirming } = form;
  if (!chosen) return null;
  return (
    <Form className="command-form" onSubmit={form.submit}>
      <Select
        label="Command"
        name="kind"
        value={chosen.kind}
        onChange={form.choose}
        options={items.map(({ kind, permitted }) => [
          kind,
          KIND_TITLES[kind] + (permitted ? "" : " (not for your role)"),
        ])}
        description={chosen.description}
      />
      {chosen.parameters.map(fieldOf).map(({ name, label, isNumber, isWhole, limits, initial }) => (
        <Field
          key={`${chosen.kind} ${name}`}
          label={label}
          name={name}
          inputMode={isWhole ? "numeric" : isNumber ? "decimal" : "text"}
          value={entered[name] ?? initial}
          onChange={(text) => form.enter(name, text)}
          description={limits}
          error={errors[name]}
        />
      ))}
      <Select
        label="May wait to be sent for"
        name="expiresInS"
        value={lifetime}
        onChange={form.setLifetime}
        options={[
          ["", `${lifetimeWords(chosen.expiresInS)} (usual)`],
          ...LIFETIMES_S.filter((s) => s !== chosen.expiresInS).map((s): [string, string] => [
            String(s),
            lifetimeWords(s),
          ]),
        ]}
      />
      <div className="command-send">
        <Button type="submit" variant="primary" isDisabled={!chosen.permitted} isPending={send.isPending}>
          Send
        </Button>
        <Told isPermitted={chosen.permitted} error={confirming ? null : send.error} sent={send.data?.command} />
      </div>
      {confirming && (
        <EngineStopDialog
          device={device}
          command={confirming.command}
          expiresInS={confirming.expiresInS}
          confirmation={confirming.confirmation}
          onClose={send.reset}
        />
      )}
    </Form>
  );
}

function Told(props: {
  readonly isPermitted: boolean;
  readonly error: Error | null;
  readonly sent?: Command | undefined;
}) {
  if (!props.isPermitted) {
    return (
      <p className="muted small">
        It may switch what the engine hangs on, so it needs the role of a fleet manager or an administrator.
      </p>
    );
  }
  if (props.error) {
    return (
      <p className="field-error" role="alert">
        Not sent: {props.error.message}
      </p>
    );
  }
  return (
    <p className="muted small" aria-live="polite">
      {props.sent && `“${commandTitle(props.sent)}” is on its way.`}
    </p>
  );
}

function useCommandForm(device: Device, items: readonly SupportedCommand[]) {
  const [kind, setKind] = useState("");
  const [entered, setEntered] = useState<Readonly<Record<string, string>>>({});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [lifetime, setLifetime] = useState("");
  const send = useSending(device);
  const chosen = items.find((item) => item.kind === kind) ?? items.find(({ permitted }) => permitted) ?? items[0];
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!chosen?.permitted || send.isPending) return;
    const read = readCommand(chosen, entered);
    setErrors("errors" in read ? read.errors : {});
    const expiresInS = lifetime ? Number(lifetime) : chosen.expiresInS;
    if ("command" in read) send.mutate({ command: read.command, expiresInS });
  };
  return {
    chosen,
    entered,
    errors,
    lifetime,
    setLifetime,
    send,
    submit,
    confirming: confirmingOf(confirmationOf(send.error), send.variables),
    choose: (next: string) => {
      setKind(next);
      setEntered({});
      setErrors({});
      send.reset();
    },
    enter: (name: string, text: string) => setEntered((known) => ({ ...known, [name]: text })),
  };
}

/** What is confirmed is exactly what was asked for. */
function confirmingOf(confirmation: Confirmation | null, asked: Asked | undefined) {
  return confirmation && asked ? { confirmation, command: asked.command, expiresInS: asked.expiresInS } : null;
}
