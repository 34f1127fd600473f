import type { MotionState } from "@milepost/sdk";
import type { Map as MapLibreMap } from "maplibre-gl";
import type { Palette } from "./palette.ts";

const RATIO = 2;
type Pen = CanvasRenderingContext2D;

/** Each state has its own shape, so that none is told by colour alone. */
const SHAPES: Readonly<Record<MotionState, (pen: Pen, palette: Palette) => void>> = {
  moving: (pen) =>
    fillPath(pen, [
      [0, -10],
      [7.5, 8],
      [0, 4.2],
      [-7.5, 8],
    ]),
  idling: (pen, palette) => {
    disc(pen, 8);
    pen.fillStyle = palette.ink;
    pen.fillRect(-3.8, -3.8, 2.6, 7.6);
    pen.fillRect(1.2, -3.8, 2.6, 7.6);
  },
  stopped: (pen) => {
    pen.beginPath();
    pen.roundRect(-6.5, -6.5, 13, 13, 2.5);
    outlined(pen);
  },
  offline: (pen, palette) => {
    disc(pen, 7.5);
    pen.beginPath();
    pen.arc(0, 0, 4.6, 0, Math.PI * 2);
    pen.fillStyle = palette.ink;
    pen.fill();
    pen.lineWidth = 2.2;
    pen.strokeStyle = palette.states.offline;
    pen.beginPath();
    pen.moveTo(-4.5, 4.5);
    pen.lineTo(4.5, -4.5);
    pen.stroke();
  },
};

/** Adds the images of all states, and draws a cluster's ring when one is asked for. */
export function addIcons(map: MapLibreMap, palette: Palette): void {
  for (const state of Object.keys(SHAPES) as MotionState[]) {
    add(map, `vehicle-${state}`, 30, (pen) => {
      begin(pen, palette.states[state], palette.halo);
      SHAPES[state](pen, palette);
    });
  }
  add(map, "stop", 26, (pen) => {
    begin(pen, palette.states.stopped, palette.halo);
    disc(pen, 10);
  });
}

/** `cluster|6|2|4|4`: sixteenths of the ring that are moving, idling, stopped, offline. */
export function addClusterIcon(map: MapLibreMap, id: string, palette: Palette): void {
  if (!id.startsWith("cluster|") || map.hasImage(id)) return;
  const shares = id.split("|").slice(1).map(Number);
  add(map, id, 48, (pen) => ring(pen, shares, palette));
}

function ring(pen: Pen, shares: number[], palette: Palette): void {
  const total = shares.reduce((sum, share) => sum + share, 0) || 1;
  const colors = Object.values(palette.states);
  begin(pen, palette.land, palette.halo);
  disc(pen, 20);
  let from = -Math.PI / 2;
  shares.forEach((share, i) => {
    const to = from + (share / total) * Math.PI * 2;
    pen.beginPath();
    pen.arc(0, 0, 18, from, to);
    pen.lineWidth = 4.5;
    pen.strokeStyle = colors[i] ?? palette.text;
    pen.stroke();
    from = to;
  });
}

function add(map: MapLibreMap, id: string, size: number, draw: (pen: Pen) => void): void {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(RATIO, RATIO);
  pen.translate(size / 2, size / 2);
  draw(pen);
  if (map.hasImage(id)) map.removeImage(id);
  map.addImage(id, pen.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: RATIO });
}

function begin(pen: Pen, fill: string, halo: string): void {
  pen.fillStyle = fill;
  pen.strokeStyle = halo;
  pen.lineWidth = 3;
  pen.lineJoin = "round";
}

function disc(pen: Pen, radius: number): void {
  pen.beginPath();
  pen.arc(0, 0, radius, 0, Math.PI * 2);
  outlined(pen);
}

function fillPath(pen: Pen, points: [number, number][]): void {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
  outlined(pen);
}

function outlined(pen: Pen): void {
  pen.stroke();
  pen.fill();
}
