import { useId } from "react";
import { Button, IconButton } from "#ui/controls.tsx";
import { type Day, dayOf, parseDay, shiftDay } from "./day.ts";

interface DayPickerProps {
  readonly day: Day;
  readonly onDay: (day: Day) => void;
}

export function DayPicker({ day, onDay }: DayPickerProps) {
  const id = useId();
  const today = dayOf(new Date());
  return (
    <div className="day-picker">
      <IconButton icon="previous" label="Day before" onPress={() => onDay(shiftDay(day, -1))} />
      <label htmlFor={id} className="visually-hidden">
        Day
      </label>
      <input
        id={id}
        className="input num"
        type="date"
        value={day}
        max={today}
        onChange={({ target }) => {
          const chosen = parseDay(target.value);
          if (chosen) onDay(chosen);
        }}
      />
      <IconButton icon="next" label="Day after" isDisabled={day >= today} onPress={() => onDay(shiftDay(day, 1))} />
      <Button isDisabled={day === today} onPress={() => onDay(today)}>
        Today
      </Button>
    </div>
  );
}
