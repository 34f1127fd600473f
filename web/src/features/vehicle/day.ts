import type { Period } from "#api/queries.ts";

/** A calendar day of the browser's zone, `YYYY-MM-DD`. */
export type Day = string;

export function dayOf(date: Date): Day {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The day named by `text`, or null if it names none. */
export function parseDay(text: string | undefined): Day | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  return dayOf(startOf(text)) === text ? text : null;
}

/** From its first instant to the next day's; 23 or 25 hours where clocks change. */
export function periodOf(day: Day): Period {
  return { from: startOf(day).toISOString(), to: startOf(shiftDay(day, 1)).toISOString() };
}

export function shiftDay(day: Day, by: number): Day {
  const date = startOf(day);
  date.setDate(date.getDate() + by);
  return dayOf(date);
}

function startOf(day: Day): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}
