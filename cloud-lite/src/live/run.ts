import type { LiveFeed } from "./feed.ts";

/** How soon the commits of other instances are seen; one's own are told at once. */
const LOOK_MS = 1000;
/** A reader whose connection died in silence is noticed; so is a credential that was revoked. */
const ALIVE_MS = 15_000;

/** @returns the function that stops it */
export function runLive(feed: LiveFeed): () => void {
  const timers = [setInterval(() => void feed.look(), LOOK_MS), setInterval(() => feed.alive(), ALIVE_MS)];
  return () => timers.forEach(clearInterval);
}
