import type { ConsentPolicy, SafetyPolicy } from "@halfshaft/ota-format";

const DAY_MS = 86_400_000;

/**
 * A consent policy as one vehicle gets it: a deadline with a time of day becomes the last such time, where the vehicle
 * is, that is not after the deadline. Where that is past, the deadline itself holds.
 * @param timeZone IANA name; UTC where it is not known
 * @param at when it is offered, UTC ms
 */
export function consentIn(policy: ConsentPolicy, timeZone: string | undefined, at: number): ConsentPolicy {
  const { timeOfDay, ...asked } = policy;
  if (timeOfDay === undefined || asked.deadline === undefined) return asked;
  const { deadline } = asked;
  const zone = isZone(timeZone) ? timeZone : "UTC";
  const onItsDay = timeOn(deadline, timeOfDay, zone);
  const last = onItsDay <= deadline ? onItsDay : timeOn(deadline - DAY_MS, timeOfDay, zone);
  return last > at ? { ...asked, deadline: last } : asked;
}

/** A safety policy as one vehicle gets it: its time window is of the zone where the vehicle is, as far as that is known. */
export function policyIn(policy: SafetyPolicy, timeZone: string | undefined): SafetyPolicy {
  const { timeWindow } = policy;
  if (timeWindow === undefined || timeWindow.timeZone !== undefined || !isZone(timeZone)) return policy;
  return { ...policy, timeWindow: { ...timeWindow, timeZone } };
}

function isZone(timeZone: string | undefined): timeZone is string {
  if (timeZone === undefined) return false;
  try {
    return Intl.DateTimeFormat("en-GB", { timeZone }).format(0) !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A time of day on the local day of an instant, UTC ms. One that a clock change skips is an hour off. */
function timeOn(instant: number, timeOfDay: string, timeZone: string): number {
  const day = localTime(instant, timeZone);
  const [hours, minutes] = timeOfDay.split(":").map(Number) as [number, number];
  const local = Math.floor(day / DAY_MS) * DAY_MS + (hours * 60 + minutes) * 60_000;
  // The offset at the local time as if it were UTC is near; that of the result is right.
  const near = local - offsetAt(local, timeZone);
  return local - offsetAt(near, timeZone);
}

const offsetAt = (instant: number, timeZone: string): number =>
  localTime(instant, timeZone) - Math.floor(instant / 1000) * 1000;

/** What the clocks show there, as if it were UTC; whole seconds. */
function localTime(instant: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const value = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)!.value);
  return Date.UTC(
    value("year"),
    value("month") - 1,
    value("day"),
    value("hour"),
    value("minute"),
    value("second"),
  );
}
