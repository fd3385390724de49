import type { ComponentChildren } from "preact";

/** Own set: grid of 24, stroke 1.75, round ends, no fill. Icons of outcomes differ in outline, not in colour alone. */
const SHAPES = {
  offer: <path d="M4 8.5 12 4l8 4.5v7L12 20l-8-4.5zM4 8.5l8 4.5 8-4.5M12 13v7" />,
  running: (
    <>
      <circle cx="12" cy="12" r="8.5" opacity=".3" />
      <path d="M12 3.5a8.5 8.5 0 0 1 8.5 8.5M12 8v4.5l3 2" />
    </>
  ),
  parking: (
    <>
      <rect x="3.5" y="3.5" width="17" height="17" rx="4.5" />
      <path d="M10 17V7h3a3 3 0 0 1 0 6h-3" />
    </>
  ),
  tick: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="m8.2 12.3 2.6 2.6 5-5.4" />
    </>
  ),
  back: <path d="M8.5 5 4.5 9l4 4M4.5 9H14a5.25 5.25 0 0 1 0 10.5H8" />,
  octagon: <path d="M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7zM12 8v4.8M12 16v.1" />,
  offline: <path d="M4 4l16 16M8 8.2A4.8 4.8 0 0 0 7.6 18H16M11 6.1a5 5 0 0 1 6 4.4 3.8 3.8 0 0 1 2.6 5.8" />,
  warning: <path d="M12 4 21 19.5H3zM12 10v4.2M12 17v.1" />,
  refused: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="m6.2 17.8 11.6-11.6" />
    </>
  ),
  minus: <path d="M5 12h14" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7v5.2l3.4 2" />
    </>
  ),
  chip: (
    <>
      <rect x="6.5" y="6.5" width="11" height="11" rx="2.5" />
      <path d="M10 3v3.5M14 3v3.5M10 17.5V21M14 17.5V21M3 10h3.5M3 14h3.5M17.5 10H21M17.5 14H21" />
    </>
  ),
  signal: <path d="M5 19v-3M10 19v-7M15 19V8M20 19V4" />,
  battery: (
    <>
      <rect x="3" y="8" width="18" height="11" rx="2.5" />
      <path d="M7 5v3M17 5v3M6.5 13.5h3M14.5 13.5h3M16 12v3" />
    </>
  ),
  close: <path d="M6 6l12 12M18 6 6 18" />,
} satisfies Record<string, ComponentChildren>;

export type IconName = keyof typeof SHAPES;

/** A picture beside a word; hidden from screen readers, which read the word. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}

/** The half shaft: two joints and the bar between them. Height follows from the width, 60 to 24. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 60 24" aria-hidden="true">
      <circle cx="10" cy="12" r="7.5" />
      <path d="M20 12h20" />
      <circle class="far" cx="50" cy="12" r="7.5" />
    </svg>
  );
}
