import type { IconName } from "./icons.tsx";

/** What a colour means: fine, running, someone or something must act, back to the old state, stop, not taking part. */
export type Tone = "ok" | "run" | "wait" | "back" | "bad" | "off";

interface StatusEntry {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

const map = {
  // A vehicle and its job.
  upToDate: { tone: "ok", icon: "tick", word: "Up to date" },
  offered: { tone: "run", icon: "offer", word: "Update available" },
  scheduled: { tone: "run", icon: "clock", word: "Scheduled" },
  updating: { tone: "run", icon: "running", word: "Updating" },
  safeState: { tone: "wait", icon: "parking", word: "Waiting for safe state" },
  succeeded: { tone: "ok", icon: "tick", word: "Succeeded" },
  rolledBack: { tone: "back", icon: "back", word: "Rolled back" },
  // Red says "do not drive" and nothing else: a failure that left the old software running keeps its outline, not the colour.
  failedSafe: { tone: "back", icon: "octagon", word: "Failed, safe to drive" },
  failed: { tone: "bad", icon: "octagon", word: "Failed" },
  declined: { tone: "off", icon: "refused", word: "Declined" },
  expired: { tone: "off", icon: "clock", word: "Offer ended" },
  offline: { tone: "off", icon: "offline", word: "Offline" },
  loading: { tone: "off", icon: "running", word: "Reading the vehicle" },
  // A control unit within a job.
  asking: { tone: "off", icon: "clock", word: "Asking" },
  silent: { tone: "wait", icon: "warning", word: "No answer" },
  lost: { tone: "bad", icon: "octagon", word: "No answer" },
  unchanged: { tone: "off", icon: "minus", word: "No change" },
  planned: { tone: "off", icon: "chip", word: "New software" },
  ready: { tone: "run", icon: "chip", word: "Ready" },
  waiting: { tone: "off", icon: "clock", word: "Waiting" },
  working: { tone: "run", icon: "running", word: "Working" },
  onTrial: { tone: "run", icon: "running", word: "On trial" },
  installed: { tone: "ok", icon: "tick", word: "Installed" },
  current: { tone: "ok", icon: "tick", word: "Current" },
  reverted: { tone: "back", icon: "back", word: "As before" },
  unitFailed: { tone: "wait", icon: "warning", word: "Failed" },
  // A condition.
  met: { tone: "ok", icon: "tick", word: "Met" },
  missing: { tone: "wait", icon: "warning", word: "Missing" },
} as const satisfies Record<string, StatusEntry>;

export type StatusName = keyof typeof map;

/** Every status of both pages: its tone, its icon and its word belong together. */
export const STATUS: Readonly<Record<StatusName, StatusEntry>> = map;
