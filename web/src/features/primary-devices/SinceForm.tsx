import { useState } from "react";
import { Form, Radio, RadioGroup } from "react-aria-components";
import { Button, Field } from "#ui/controls.tsx";
import { readMoment } from "./primary.ts";

/** From when on a device is to count; `text` is what stands in the field of the time. */
export interface Choice {
  readonly kind: "now" | "past";
  readonly text: string;
}

interface SinceFormProps {
  readonly choice: Choice;
  readonly onChoice: (choice: Choice) => void;
  /** The confirmation was asked for, and did not come in time. */
  readonly isLate: boolean;
  readonly refusal: Error | null;
  readonly isPending: boolean;
  readonly onNow: () => void;
  readonly onSince: (since: string) => void;
  readonly onNo: () => void;
}

export function SinceForm({ choice, onChoice, isLate, refusal, isPending, onNow, onSince, onNo }: SinceFormProps) {
  const [error, setError] = useState<string>();
  const isPast = choice.kind === "past";
  const choose = (change: Partial<Choice>) => {
    setError(undefined);
    onChoice({ ...choice, ...change });
  };
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isPending) return;
    if (!isPast) return onNow();
    const moment = readMoment(choice.text, Date.now());
    if ("error" in moment) setError(moment.error);
    else onSince(moment.since);
  };
  return (
    <Form className="since-form" onSubmit={submit}>
      <RadioGroup
        className="since-choice"
        aria-label="It counts"
        value={choice.kind}
        onChange={(kind) => choose({ kind: kind as Choice["kind"] })}
      >
        <SinceRadio
          value="now"
          autoFocus={!isPast}
          label="From now on"
          about="Trips and totals until now stay as they are."
        />
        <SinceRadio
          value="past"
          autoFocus={isPast}
          label="Since a time in the past"
          about="Trips and totals since then are drawn anew. Whichever device was chosen since then no longer counts."
        />
      </RadioGroup>
      {isPast && (
        <Field
          label="Since"
          name="since"
          type="datetime-local"
          value={choice.text}
          onChange={(text) => choose({ text })}
          description="In the time zone of this browser."
          error={error}
        />
      )}
      <Refusal isLate={isLate} refusal={refusal} />
      <div className="dialog-actions">
        <Button onPress={onNo}>Cancel</Button>
        <Button type="submit" variant="primary" isPending={isPending}>
          {isPast ? "Go on…" : "Let it count"}
        </Button>
      </div>
    </Form>
  );
}

interface SinceRadioProps {
  readonly value: Choice["kind"];
  readonly label: string;
  readonly about: string;
  readonly autoFocus: boolean;
}

function SinceRadio({ value, label, about, autoFocus }: SinceRadioProps) {
  return (
    <Radio className="since-radio" value={value} autoFocus={autoFocus}>
      <span className="since-dot" aria-hidden="true" />
      <span>
        {label}
        <span className="muted small">{about}</span>
      </span>
    </Radio>
  );
}

function Refusal({ isLate, refusal }: Pick<SinceFormProps, "isLate" | "refusal">) {
  const text = refusal ? `Refused: ${refusal.message}` : isLate && "The confirmation came too late. Begin again.";
  return (
    text && (
      <p className="field-error" role="alert">
        {text}
      </p>
    )
  );
}
