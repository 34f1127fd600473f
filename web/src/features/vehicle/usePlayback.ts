import { useCallback, useEffect, useState } from "react";

export const PLAYBACK_SPEEDS = [10, 30, 60, 120, 300, 600] as const;

const FRAME_MS = 50;
/** With less motion preferred, a step a second instead of a glide. */
const CALM_FRAME_MS = 1000;

export interface Playback {
  readonly timeMs: number;
  readonly isPlaying: boolean;
  /** Seconds of the day in a second. */
  readonly speed: number;
  readonly seek: (timeMs: number) => void;
  readonly toggle: () => void;
  readonly setSpeed: (speed: number) => void;
}

/** Plays from `startMs` to `endMs`, and stops at the end; playing again from there starts over. */
export function usePlayback(startMs: number, endMs: number, isCalm: boolean): Playback {
  const [asked, setAsked] = useState(startMs);
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(60);
  const timeMs = Math.min(Math.max(asked, startMs), endMs);
  useEffect(() => {
    if (!isPlaying) return;
    const frameMs = isCalm ? CALM_FRAME_MS : FRAME_MS;
    const timer = setInterval(() => setAsked((time) => Math.max(time, startMs) + frameMs * speed), frameMs);
    return () => clearInterval(timer);
  }, [isPlaying, speed, startMs, isCalm]);
  useEffect(() => {
    if (isPlaying && timeMs >= endMs) setPlaying(false);
  }, [isPlaying, timeMs, endMs]);
  const toggle = useCallback(() => {
    if (!isPlaying && timeMs >= endMs) setAsked(startMs);
    setPlaying(!isPlaying);
  }, [isPlaying, timeMs, startMs, endMs]);
  return { timeMs, isPlaying, speed, seek: setAsked, toggle, setSpeed };
}
