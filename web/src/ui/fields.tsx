import { type ReactNode, useId } from "react";
import { Switch } from "react-aria-components";

interface SelectProps {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
  readonly value?: string;
  readonly onChange?: (value: string) => void;
  readonly description?: ReactNode;
  readonly error?: string | undefined;
}

export function Select({ label, name, options, value, onChange, description, error }: SelectProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        name={name}
        className="input"
        {...(value === undefined ? {} : { value })}
        aria-describedby={description ? `${id}-about` : undefined}
        aria-invalid={error ? true : undefined}
        aria-errormessage={error ? `${id}-error` : undefined}
        onChange={({ target }) => onChange?.(target.value)}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      {description && (
        <span id={`${id}-about`} className="muted small">
          {description}
        </span>
      )}
      {error && (
        <span id={`${id}-error`} className="field-error">
          {error}
        </span>
      )}
    </div>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly isSelected: boolean;
  readonly onChange: (isSelected: boolean) => void;
  readonly isDisabled?: boolean;
  readonly description?: ReactNode;
}

/** A switch with what it does below it. */
export function Toggle({ label, description, ...props }: ToggleProps) {
  const id = useId();
  return (
    <div className="toggle-field">
      <Switch {...props} className="toggle" aria-describedby={description ? id : undefined}>
        <span className="toggle-track" aria-hidden="true" />
        {label}
      </Switch>
      {description && (
        <p id={id} className="muted small">
          {description}
        </p>
      )}
    </div>
  );
}
