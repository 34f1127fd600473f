import { useId } from "react";
import { IconButton } from "#ui/controls.tsx";
import { clockSeconds, speed } from "#ui/format.ts";
import type { Moment, TrackPoint } from "./track.ts";
import { PLAYBACK_SPEEDS, type Playback } from "./usePlayback.ts";

interface PlaybackBarProps {
  readonly playback: Playback;
  readonly points: readonly TrackPoint[];
  readonly moment: Moment | null;
}

const STEP_MS = 10_000;

/** Arrow keys go ten seconds, Page Up and Down further; space plays and pauses. */
export function PlaybackBar({ playback, points, moment }: PlaybackBarProps) {
  const { timeMs, isPlaying, seek, toggle } = playback;
  return (
    <div className="playback">
      <IconButton icon={isPlaying ? "pause" : "play"} label={isPlaying ? "Pause" : "Play"} onPress={toggle} />
      <output className="playback-time num">{clockSeconds(timeMs)}</output>
      <input
        className="slider"
        type="range"
        aria-label="Time of the day"
        aria-valuetext={`${clockSeconds(timeMs)}, ${describe(moment)}`}
        min={points[0]?.timeMs}
        max={points.at(-1)?.timeMs}
        step={STEP_MS}
        value={timeMs}
        onChange={({ target }) => seek(Number(target.value))}
        onKeyDown={(event) => {
          if (event.key !== " ") return;
          event.preventDefault();
          toggle();
        }}
      />
      <span className="playback-speed num">{describe(moment)}</span>
      <SpeedSelect playback={playback} />
    </div>
  );
}

function describe(moment: Moment | null): string {
  if (!moment) return "";
  return moment.isGap ? "no reports" : speed(moment.speedKmh);
}

function SpeedSelect({ playback }: { readonly playback: Playback }) {
  const id = useId();
  return (
    <>
      <label htmlFor={id} className="visually-hidden">
        Playback speed
      </label>
      <select
        id={id}
        className="input playback-select num"
        value={playback.speed}
        onChange={({ target }) => playback.setSpeed(Number(target.value))}
      >
        {PLAYBACK_SPEEDS.map((times) => (
          <option key={times} value={times}>
            {times}×
          </option>
        ))}
      </select>
    </>
  );
}
