import type { MotionState } from "@milepost/sdk";

export type ThemeName = "dark" | "light";

/** The colours of maps, which cannot read CSS variables; the states' are those of `ui/tokens.css`. */
export interface Palette {
  readonly water: string;
  readonly land: string;
  readonly coast: string;
  readonly border: string;
  readonly region: string;
  readonly grid: string;
  readonly placeText: string;
  readonly text: string;
  readonly halo: string;
  readonly ink: string;
  readonly track: string;
  readonly trackDim: string;
  readonly highlight: string;
  readonly states: Readonly<Record<MotionState, string>>;
}

export const PALETTES: Readonly<Record<ThemeName, Palette>> = {
  dark: {
    water: "#0b1216",
    land: "#172127",
    coast: "#3d5460",
    border: "#5b7482",
    region: "#344750",
    grid: "#202d34",
    placeText: "#b8c6cd",
    text: "#f3f7f8",
    halo: "#0b1216",
    ink: "#0b1216",
    track: "#5cc8ff",
    trackDim: "#3b6f8a",
    highlight: "#ffd166",
    states: { moving: "#4ade9f", idling: "#fbbf4a", stopped: "#84b6ff", offline: "#a9b6bd" },
  },
  light: {
    water: "#cfdde3",
    land: "#f4f3ee",
    coast: "#8aa3ae",
    border: "#8a8794",
    region: "#cfcdc4",
    grid: "#e7e5dd",
    placeText: "#414c52",
    text: "#10191d",
    halo: "#ffffff",
    ink: "#ffffff",
    track: "#0b5fa5",
    trackDim: "#86aed0",
    highlight: "#b3261e",
    states: { moving: "#047857", idling: "#b45309", stopped: "#1a43bf", offline: "#55626a" },
  },
};
