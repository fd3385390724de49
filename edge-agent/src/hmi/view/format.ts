import type { Texts } from "../texts.en.ts";

/** Puts values into a text's holes; a hole without a value stays visible as `{name}`. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** A length of time as a person says it: up to the next 10 s, then minutes, then hours. `ms` ≥ 0. */
export function duration(ms: number, texts: Texts): string {
  const seconds = Math.max(10, Math.ceil(ms / 10_000) * 10);
  if (seconds < 60) return fill(texts.duration.seconds, { n: seconds });
  const minutes = Math.round(ms / 60_000) || 1;
  if (minutes < 60) return fill(texts.duration.minutes, { n: minutes });
  return fill(texts.duration.hours, { h: Math.floor(minutes / 60), n: minutes % 60 });
}

/** The same for a time that has been measured: exact seconds below a minute. */
export function elapsed(ms: number, texts: Texts): string {
  if (ms >= 60_000) return duration(ms, texts);
  return fill(texts.duration.seconds, { n: Math.max(1, Math.round(ms / 1000)) });
}

const UNITS = [
  { name: "GB", size: 1e9 },
  { name: "MB", size: 1e6 },
  { name: "kB", size: 1e3 },
] as const;

/** `received` of `total` bytes in the unit of the total: "412 of 680 MB", "1.2 of 3.4 kB". */
export function bytesOf(received: number, total: number, texts: Texts): string {
  const { name, size } = UNITS.find((unit) => total >= unit.size) ?? { name: "B", size: 1 };
  const digits = size > 1 && total / size < 10 ? 1 : 0;
  const amount = (bytes: number) => (bytes / size).toFixed(digits);
  return fill(texts.progress.bytes, { received: amount(received), total: `${amount(total)} ${name}` });
}

/** Where and in which language times are shown. */
export interface Place {
  readonly texts: Texts;
  /** IANA name; the browser's own without it. */
  readonly timeZone?: string;
}

/** "14:07" */
export function clockTime(at: number, { texts, timeZone }: Place): string {
  return new Intl.DateTimeFormat(texts.locale, { hour: "2-digit", minute: "2-digit", timeZone }).format(at);
}

/** "3 November" */
export function dayName(at: number, { texts, timeZone }: Place): string {
  return new Intl.DateTimeFormat(texts.locale, { day: "numeric", month: "long", timeZone }).format(at);
}

/** A moment as seen from `now`: "at 14:07", "tonight at 02:00", "tomorrow at 09:30", "on 3 November at 14:07". */
export function moment(at: number, now: number, place: Place): string {
  const { when } = place.texts;
  const time = clockTime(at, place);
  if (isTonight(at, now, place)) return fill(when.tonight, { time });
  if (dayName(at, place) === dayName(now, place)) return fill(when.today, { time });
  const nextDay = dayName(now + DAY_MS, place) === dayName(at, place);
  return fill(nextDay ? when.tomorrow : when.day, { time, day: dayName(at, place) });
}

const DAY_MS = 86_400_000;

/** Whether a person at `now` would call `at` tonight: within 18 hours, between 20:00 and 06:00. */
export function isTonight(at: number, now: number, { timeZone }: Place): boolean {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hourCycle: "h23", timeZone });
  const hour = Number(clock.format(at));
  return at >= now && at - now < 0.75 * DAY_MS && (hour >= 20 || hour < 6);
}

/** "Engine control, Driver assistance and Body control" */
export function listed(names: readonly string[], { list }: Texts): string {
  if (names.length < 2) return names[0] ?? "";
  return fill(list.and, { first: names.slice(0, -1).join(", "), last: names.at(-1) ?? "" });
}
