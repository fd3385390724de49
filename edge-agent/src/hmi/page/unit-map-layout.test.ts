import { expect, test } from "vitest";
import { BEND_X, BOX, type Joint, MOST_UNITS, placeUnits } from "./unit-map-layout.ts";

/** Height of a joint's leader line at `x`, from the joint to the bend. */
const lineY = ({ x, y, labelY }: Joint, at: number) => y + ((labelY - y) * (at - x)) / (BEND_X - x);

const COUNTS = Array.from({ length: MOST_UNITS }, (_, at) => at + 1);

test.each(COUNTS)("E11 the leader lines of %d units do not cross", (count) => {
  const joints = placeUnits(count);
  for (const [at, a] of joints.entries()) {
    for (const b of joints.slice(at + 1)) {
      const from = Math.max(a.x, b.x);
      // Both are straight from `from` to the bend: in order at both ends means in order between.
      expect(lineY(a, from)).toBeLessThan(lineY(b, from));
      expect(lineY(a, BEND_X)).toBeLessThan(lineY(b, BEND_X));
    }
  }
});

test.each(COUNTS)("E11 no joint of %d units lies on another's line or outside the car", (count) => {
  const joints = placeUnits(count);
  for (const a of joints) {
    expect(a.x).toBeGreaterThan(60);
    expect(a.x).toBeLessThan(196);
    for (const b of joints) {
      if (a === b || a.x <= b.x) continue;
      expect(Math.abs(lineY(b, a.x) - a.y)).toBeGreaterThan(15);
    }
  }
});

test.each(COUNTS)("E11 the labels of %d units keep the room of two lines and stay in the box", (count) => {
  const labels = placeUnits(count).map(({ labelY }) => labelY);
  for (const [at, y] of labels.entries()) {
    expect(y).toBeGreaterThanOrEqual(34);
    expect(y).toBeLessThanOrEqual(BOX.height - 34);
    if (at > 0) expect(y - (labels[at - 1] ?? 0)).toBeGreaterThanOrEqual(68);
  }
});
