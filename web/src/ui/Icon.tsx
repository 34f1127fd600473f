import type { MotionState } from "@milepost/sdk";

/** Outlines on a 24-unit square. */
const PATHS = {
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  follow: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 2v5M12 17v5M2 12h5M17 12h5",
  play: "M7 4.5v15l12-7.5z",
  pause: "M8 5v14M16 5v14",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6L6 18",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4 3.6-6 8-6s8 2 8 6",
  signOut: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The shapes of the map's markers; a moving vehicle's points to its course. */
export function StateIcon({
  state,
  courseDeg = 0,
}: {
  readonly state: MotionState;
  readonly courseDeg?: number | null;
}) {
  return (
    <svg className="state-icon" data-state={state} viewBox="-12 -12 24 24" aria-hidden="true">
      {state === "moving" && (
        <path d="M0-11 8.5 9 0 5-8.5 9z" fill="currentColor" transform={`rotate(${courseDeg ?? 0})`} />
      )}
      {state === "idling" && (
        <path
          d="M0-10a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM-5-5h3.4V5H-5zM1.6-5H5V5H1.6z"
          fill="currentColor"
          fillRule="evenodd"
        />
      )}
      {state === "stopped" && <rect x="-8.5" y="-8.5" width="17" height="17" rx="3" fill="currentColor" />}
      {state === "offline" && (
        <path
          d="M0-8.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM-6 6 6-6"
          fill="none"
          stroke="currentColor"
          strokeWidth="3"
        />
      )}
    </svg>
  );
}
