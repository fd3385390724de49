/** Geometry of the vehicle drawing, in units of its 468 × 516 box; front is up. */
export const BOX = { width: 468, height: 516 };
/** Where leader lines bend and end; labels begin right of it. */
export const BEND_X = 232;
export const LINE_END_X = 252;
/** More units than this do not fit as labels of two lines; they are shown as a list. */
export const MOST_UNITS = 7;

export interface Joint {
  /** Centre of the joint in the vehicle. */
  readonly x: number;
  readonly y: number;
  /** Height of its leader line's end and of its label. */
  readonly labelY: number;
}

/** From the left side to the right, so that neighbours do not lie on one line. */
const COLUMNS = [88, 170, 128, 128, 88, 170, 128];
const FRONT_Y = 150;
const REAR_Y = 380;

/**
 * Places `count` control units from front to rear in the order given, evenly, with labels spread wider than the
 * joints. Joints and labels fall in the same order and every line bends at the same x, so no two lines cross.
 */
export function placeUnits(count: number): Joint[] {
  const room = BOX.height / Math.max(4, count);
  const top = (BOX.height - room * count) / 2 + room / 2;
  return Array.from({ length: count }, (_, at) => {
    const share = count > 1 ? at / (count - 1) : 0.5;
    return {
      x: COLUMNS[at % COLUMNS.length] ?? BOX.width / 4,
      y: Math.round(FRONT_Y + share * (REAR_Y - FRONT_Y)),
      labelY: Math.round(top + at * room),
    };
  });
}
