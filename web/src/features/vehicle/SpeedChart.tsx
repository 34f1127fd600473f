import { useCallback, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, speed } from "#ui/format.ts";
import { useTheme } from "#ui/theme.ts";
import type { Part } from "./parts.ts";
import { GAP_MS, type TrackPoint } from "./track.ts";
import type { Playback } from "./usePlayback.ts";

interface SpeedChartProps {
  readonly points: readonly TrackPoint[];
  readonly part: Part | null;
  readonly playback: Playback;
}

const HEIGHT_PX = 132;

/** Speed over the day; a click seeks. What it shows is in the summary sentence and the speed table. */
export function SpeedChart({ points, part, playback }: SpeedChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const line = useRef<HTMLDivElement>(null);
  const timeMs = useRef(playback.timeMs);
  const place = useCallback((plot: uPlot) => {
    if (line.current) line.current.style.translate = `${plot.valToPos(timeMs.current / 1000, "x")}px 0`;
  }, []);
  const plot = usePlot(host, points, part, playback.seek, place);
  useEffect(() => {
    timeMs.current = playback.timeMs;
    if (plot.current) place(plot.current);
  });
  return (
    <figure className="speed-chart">
      <figcaption className="visually-hidden">{summary(points)}</figcaption>
      <div ref={host} aria-hidden="true">
        <div ref={line} className="speed-chart-now" />
      </div>
    </figure>
  );
}

function summary(points: readonly TrackPoint[]): string {
  const top = points.reduce((a, b) => (b.speedKmh > a.speedKmh ? b : a));
  return `Speed over the day: at most ${speed(top.speedKmh)}, at ${clock(top.timeMs)}. The table of speeds has the rest.`;
}

function usePlot(
  host: React.RefObject<HTMLDivElement | null>,
  points: readonly TrackPoint[],
  part: Part | null,
  seek: (timeMs: number) => void,
  onDraw: (plot: uPlot) => void,
) {
  const plot = useRef<uPlot | null>(null);
  const { theme } = useTheme();
  useEffect(() => {
    const element = host.current;
    if (!element || !theme) return;
    const created = new uPlot(options(element, part, onDraw), series(points), element);
    plot.current = created;
    const now = element.querySelector(".speed-chart-now");
    if (now) created.over.append(now);
    created.over.addEventListener("click", ({ offsetX }) => seek(created.posToVal(offsetX, "x") * 1000));
    const observer = new ResizeObserver(() => created.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      if (now) element.append(now);
      created.destroy();
      plot.current = null;
    };
  }, [host, points, part, seek, onDraw, theme]);
  return plot;
}

/** Times in seconds and speeds, with a null where the device was silent, which breaks the line. */
function series(points: readonly TrackPoint[]): uPlot.AlignedData {
  const times: number[] = [];
  const speeds: (number | null)[] = [];
  let last = Number.POSITIVE_INFINITY;
  for (const { timeMs, speedKmh } of points) {
    if (timeMs - last > GAP_MS) {
      times.push(last / 1000 + 1);
      speeds.push(null);
    }
    times.push(timeMs / 1000);
    speeds.push(speedKmh);
    last = timeMs;
  }
  return [times, speeds];
}

function options(element: HTMLElement, part: Part | null, onDraw: (plot: uPlot) => void): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name);
  const axis = { stroke: color("--text-muted"), font: `12px ${color("--font")}`, ticks: { show: false } };
  const grid = { stroke: color("--line"), width: 1 };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(40, Math.ceil((max ?? 0) / 20) * 20)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, values: (_plot, times) => times.map((time) => clock(time * 1000)) },
      { ...axis, grid, size: 64, space: 30, values: (_plot, speeds) => speeds.map((value) => speed(value)) },
    ],
    series: [{}, { stroke: color("--track"), width: 1.5, fill: `${color("--track")}26`, points: { show: false } }],
    hooks: { drawClear: [(plot) => shade(plot, part, color("--surface-3"))], draw: [onDraw] },
  };
}

/** Lays a band behind the picked part. */
function shade(plot: uPlot, part: Part | null, fill: string): void {
  if (!part) return;
  const { left, top, width, height } = plot.bbox;
  const x = (timeMs: number) => plot.valToPos(timeMs / 1000, "x", true);
  const from = Math.max(left, x(part.startMs));
  const to = Math.min(left + width, part.endMs === null ? left + width : x(part.endMs));
  plot.ctx.fillStyle = fill;
  plot.ctx.fillRect(from, top, Math.max(2, to - from), height);
}
