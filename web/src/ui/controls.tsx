import type { MotionState } from "@milepost/sdk";
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  FieldError,
  Input,
  Label,
  Text,
  TextField,
} from "react-aria-components";
import { Icon, type IconName, StateIcon } from "./Icon.tsx";

interface ButtonProps extends Omit<AriaButtonProps, "children"> {
  readonly variant?: "primary" | "plain" | "quiet" | "danger";
  readonly children: ReactNode;
}

/**
 * While it is pending it keeps the focus and does nothing. React Aria's own `isPending` announces the
 * button by its id, which names nothing once a dialog has gone on to its next step.
 */
export function Button({ variant = "plain", isPending = false, onPress, ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      {...(onPress && !isPending ? { onPress } : {})}
      className="button"
      data-variant={variant}
      data-pending={isPending || undefined}
    />
  );
}

interface IconButtonProps extends Omit<AriaButtonProps, "children"> {
  readonly icon: IconName;
  readonly label: string;
  readonly variant?: "plain" | "quiet";
}

/** A square button whose label is read, not seen; `aria-pressed` makes it a switch. */
export function IconButton({ icon, label, variant = "plain", ...props }: IconButtonProps) {
  return (
    <AriaButton {...props} className="button" data-variant={variant} data-icon aria-label={label}>
      <Icon name={icon} />
    </AriaButton>
  );
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: string;
  readonly inputMode?: "text" | "numeric" | "decimal";
  readonly autoComplete?: string;
  readonly defaultValue?: string;
  readonly value?: string;
  readonly onChange?: (value: string) => void;
  readonly maxLength?: number;
  readonly autoFocus?: boolean;
  readonly isRequired?: boolean;
  readonly description?: ReactNode;
  readonly error?: string | undefined;
}

export function Field({ label, description, error, ...props }: FieldProps) {
  return (
    <TextField {...props} className="field" {...(error ? { isInvalid: true, validationBehavior: "aria" } : {})}>
      <Label>{label}</Label>
      <Input className="input" />
      {description && (
        <Text slot="description" className="muted small">
          {description}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}

const STATE_WORDS: Readonly<Record<MotionState, string>> = {
  moving: "Moving",
  idling: "Idling",
  stopped: "Stopped",
  offline: "Offline",
};

export function stateWord(state: MotionState): string {
  return STATE_WORDS[state];
}

export function StateBadge({ state, courseDeg }: { readonly state: MotionState; readonly courseDeg?: number | null }) {
  return (
    <span className="state-badge">
      <StateIcon state={state} courseDeg={courseDeg ?? 0} />
      {STATE_WORDS[state]}
    </span>
  );
}
