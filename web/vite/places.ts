import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

interface City {
  readonly city: string;
  readonly lat: number;
  readonly lng: number;
  readonly pop: number;
}

const ID = "virtual:places";

/** `virtual:places`: the populated places of city-timezones, cut to `[name, lng, lat, population]`. */
export function places(): Plugin {
  return {
    name: "places",
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    load: async (id) => (id === `\0${ID}` ? module() : undefined),
  };
}

async function module(): Promise<string> {
  const path = createRequire(import.meta.url).resolve("city-timezones/data/cityMap.json");
  const cities = JSON.parse(await readFile(path, "utf8")) as City[];
  const rows = cities
    .filter(({ pop }) => pop >= 1000)
    .sort((a, b) => b.pop - a.pop)
    .map(({ city, lat, lng, pop }) => [city, round(lng), round(lat), pop]);
  return `export default ${JSON.stringify(rows)}`;
}

function round(deg: number): number {
  return Math.round(deg * 1000) / 1000;
}
