/** The hour of "tonight", on the vehicle's own clock. */
const NIGHT_HOUR = 2;

/** The next 02:00 of the vehicle's time zone after `now`, UTC ms. */
export function nextNight(now: number): number {
  const night = new Date(now);
  night.setHours(NIGHT_HOUR, 0, 0, 0);
  if (night.getTime() <= now) night.setDate(night.getDate() + 1);
  return night.getTime();
}
