import type { Command, CommandParameter, SupportedCommand } from "@milepost/sdk";
import { duration } from "#ui/format.ts";

/** Fields that people enter in another unit than the wire has, with what one of theirs is on the wire. */
const SHOWN: Readonly<Record<string, { readonly label: string; readonly scale: number; readonly unit: string }>> = {
  output: { label: "Output", scale: 1, unit: "" },
  intervalS: { label: "Interval", scale: 1, unit: "s" },
  odometerM: { label: "Odometer", scale: 1000, unit: "km" },
  text: { label: "Text", scale: 1, unit: "" },
};

export interface ParameterField {
  readonly name: string;
  readonly label: string;
  readonly isNumber: boolean;
  readonly isWhole: boolean;
  readonly limits: string;
  readonly initial: string;
}

export function fieldOf(parameter: CommandParameter): ParameterField {
  const { name, type } = parameter;
  const { label, scale, unit } = shown(name);
  return {
    name,
    label: unit ? `${label} (${unit})` : label,
    isNumber: type !== "string",
    isWhole: type === "integer",
    limits: limitsOf(parameter),
    initial: parameter.default == null ? "" : String(parameter.default / scale),
  };
}

function shown(name: string) {
  return SHOWN[name] ?? { label: name, scale: 1, unit: "" };
}

/** `1 to 86400 s (1 d 0 h)`, `up to 900 characters` */
function limitsOf({ name, minimum, maximum, maxLength }: CommandParameter): string {
  if (maxLength != null) return `Up to ${maxLength} characters.`;
  if (minimum == null || maximum == null) return "";
  const { scale, unit } = shown(name);
  const [low, high] = [minimum / scale, maximum / scale].map((value) => Math.floor(value).toLocaleString("en-GB"));
  const inWords = unit === "s" ? ` (${duration(maximum)})` : "";
  return `${low} to ${high}${unit && ` ${unit}`}${inWords}.`;
}

export type Read = { readonly command: Command } | { readonly errors: Readonly<Record<string, string>> };

/** The command that was entered, or what is wrong with it, field by field. */
export function readCommand(supported: SupportedCommand, entered: Readonly<Record<string, string>>): Read {
  const errors: Record<string, string> = {};
  const values: Record<string, string | number> = {};
  for (const parameter of supported.parameters) {
    const text = entered[parameter.name] ?? fieldOf(parameter).initial;
    const problem = problemOf(parameter, text);
    if (problem) errors[parameter.name] = problem;
    else if (text !== "") values[parameter.name] = wireValue(parameter, text);
  }
  if (Object.keys(errors).length > 0) return { errors };
  return { command: { kind: supported.kind, ...values } as Command };
}

function wireValue(parameter: CommandParameter, text: string): string | number {
  if (parameter.type === "string") return text;
  const { scale } = shown(parameter.name);
  const value = Number(text.replace(",", ".")) * scale;
  return scale === 1 ? value : Math.round(value);
}

function problemOf(parameter: CommandParameter, text: string): string | null {
  if (text.trim() === "") return parameter.required ? "This is needed." : null;
  return parameter.type === "string" ? textProblem(parameter, text) : numberProblem(parameter, text);
}

function textProblem(parameter: CommandParameter, text: string): string | null {
  return parameter.maxLength != null && text.length > parameter.maxLength ? limitsOf(parameter) : null;
}

function numberProblem(parameter: CommandParameter, text: string): string | null {
  const value = Number(wireValue(parameter, text));
  if (parameter.type === "integer" && !Number.isInteger(value)) return "A whole number is needed.";
  if (!Number.isFinite(value)) return "A number is needed.";
  const isInside = value >= (parameter.minimum ?? -Infinity) && value <= (parameter.maximum ?? Infinity);
  return isInside ? null : limitsOf(parameter);
}
