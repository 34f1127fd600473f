/** Numbers and times as people read them; times in the browser's zone. */

const DASH = "–";

export function speed(kmh: number | null | undefined): string {
  return kmh == null ? DASH : `${Math.round(kmh)} km/h`;
}

/** `640 m`, `3.4 km`, `128 km` */
export function distance(m: number | null | undefined): string {
  if (m == null) return DASH;
  if (m < 1000) return `${Math.round(m)} m`;
  return m < 100_000 ? `${(m / 1000).toFixed(1)} km` : `${Math.round(m / 1000)} km`;
}

/** `45 s`, `12 min`, `2 h 05 min`, `3 d 4 h` */
export function duration(s: number | null | undefined): string {
  if (s == null) return DASH;
  if (s < 60) return `${Math.round(s)} s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return `${h} h ${String(min % 60).padStart(2, "0")} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** How long ago, coarse: `now`, `40 s ago`, `5 min ago`, `3 h ago`. */
export function ago(iso: string | null | undefined, nowMs: number): string {
  if (!iso) return "never";
  const s = Math.max(0, (nowMs - Date.parse(iso)) / 1000);
  if (s < 10) return "now";
  if (s < 60) return `${Math.floor(s / 10) * 10} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  return s < 48 * 3600 ? `${Math.floor(s / 3600)} h ago` : `${Math.floor(s / 86_400)} d ago`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const secondsFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const millisFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const dateTimeFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function clock(time: string | number | null | undefined): string {
  return time == null ? DASH : clockFormat.format(new Date(time));
}

export function clockSeconds(time: number): string {
  return secondsFormat.format(new Date(time));
}

export function clockMillis(time: number): string {
  return millisFormat.format(new Date(time));
}

export function dateTime(iso: string | null | undefined): string {
  return iso ? dateTimeFormat.format(new Date(iso)) : DASH;
}

const POINTS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/** The compass point of a course in degrees, in words. */
export function compass(courseDeg: number | null | undefined): string {
  if (courseDeg == null) return DASH;
  return POINTS[Math.round((((courseDeg % 360) + 360) % 360) / 45) % 8] ?? DASH;
}

/** `30.26720° N, 97.74310° W` */
export function coordinates(lat: number | null, lng: number | null): string {
  if (lat == null || lng == null) return DASH;
  const ns = lat < 0 ? "S" : "N";
  const ew = lng < 0 ? "W" : "E";
  return `${Math.abs(lat).toFixed(5)}° ${ns}, ${Math.abs(lng).toFixed(5)}° ${ew}`;
}
